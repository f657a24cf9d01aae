"""The SQL of market participants. Secrets are read and written sealed.

The role that calls AEMO may only read. The role of the console and the owner may also change rows.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from asyncpg import Record
from sqlalchemy import ColumnElement, and_, bindparam, delete, func, insert, literal, or_, select, update
from sqlalchemy.dialects.postgresql import aggregate_order_by
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.engine import RowMapping
from sqlalchemy.exc import IntegrityError

from haas.database import Statement, Transaction
from tenants.market.errors import InvalidParticipant, ParticipantInUse, UnknownParticipant
from tenants.market.models import (
    PASSWORD_MODES,
    AccessState,
    AuthenticationMode,
    ParticipantKey,
    ParticipantSummary,
    SecretChange,
)
from tenants.market.tables import brand_participant, market_participant
from tenants.registry.tables import brand, retailer

_KEY = (market_participant.c.participant_id, market_participant.c.environment)
_assigned = and_(
    brand_participant.c.participant_id == market_participant.c.participant_id,
    brand_participant.c.environment == market_participant.c.environment,
)
_OF_BRAND = Statement(
    select(market_participant)
    .join(brand_participant, _assigned)
    .where(brand_participant.c.brand_id == bindparam("brand_id"))
    .order_by(*_KEY)
)
_RETAILER = Statement(select(retailer.c.id).where(retailer.c.legal_name == bindparam("name")))


async def put(tx: Transaction, key: ParticipantKey, values: Mapping[str, Any]) -> None:
    """Add a participant, or replace all its values. Raise InvalidParticipant."""
    ids = {"participant_id": key.participant_id, "environment": key.environment}
    new = upsert(market_participant).values(**ids, **values)
    try:
        await tx.execute(new.on_conflict_do_update(index_elements=_KEY, set_=dict(values)))
    except IntegrityError as error:
        raise InvalidParticipant(
            f"{key.participant_id} has values that do not fit its mode, has an unknown retailer, or is assigned to a"
            " brand of another retailer"
        ) from error


async def load(tx: Transaction, key: ParticipantKey, *, lock: bool = False) -> RowMapping:
    """Return a participant's row. `lock` locks it until the transaction ends. Raise UnknownParticipant."""
    query = select(market_participant).where(_has_key(key))
    found = (await tx.execute(query.with_for_update() if lock else query)).mappings().one_or_none()
    if found is None:
        raise UnknownParticipant(f"there is no participant {key.participant_id} in AEMO's {key.environment}")
    return found


async def load_of_brand(tx: Transaction, brand_id: UUID) -> Sequence[Record]:
    """Return the rows of the participants that are assigned to a brand."""
    return await tx.rows(_OF_BRAND, brand_id=brand_id)


async def summaries(tx: Transaction) -> list[ParticipantSummary]:
    """Return every participant with the brands that use it, without secrets."""
    query = (
        select(
            *_KEY,
            retailer.c.legal_name.label("retailer"),
            market_participant.c.mode,
            market_participant.c.base_uri,
            market_participant.c.changed_at,
            market_participant.c.change_stopped_at,
            func.array_agg(aggregate_order_by(brand.c.slug, brand.c.slug)).label("brands"),
        )
        .select_from(
            market_participant.join(retailer, retailer.c.id == market_participant.c.retailer_id)
            .outerjoin(brand_participant, _assigned)
            .outerjoin(brand, brand.c.id == brand_participant.c.brand_id)
        )
        .group_by(*_KEY, retailer.c.legal_name)
        .order_by(*_KEY)
    )
    return [
        ParticipantSummary(
            id=ParticipantKey(found.participant_id, found.environment),
            retailer=found.retailer,
            mode=found.mode,
            base_uri=found.base_uri,
            changed_at=found.changed_at,
            stopped_at=found.change_stopped_at,
            brands=[slug for slug in found.brands if slug is not None],
        )
        for found in await tx.execute(query)
    ]


async def validities(tx: Transaction) -> list[tuple[str, AuthenticationMode, str, datetime]]:
    """Return the id, mode and certificate (PEM) of each participant, and when its secret was changed."""
    table = market_participant.c
    found = await tx.execute(
        select(table.participant_id, table.mode, table.certificate, table.changed_at).order_by(*_KEY)
    )
    return [tuple(row) for row in found]


async def secret_changes(
    tx: Transaction, *, changed_before: datetime, refused_before: datetime, interrupted_before: datetime
) -> list[SecretChange]:
    """Return the participants whose password must be changed now, or whose change did not end with a known result.

    A password is changed if it came into use before `changed_before`, and if no change has begun since
    `refused_before`. A change did not end if it was begun before `interrupted_before` and a next secret is still
    stored. A change that was stopped is left to the staff.
    """
    begun, pending = market_participant.c.change_begun_at, market_participant.c.next_secret.is_not(None)
    query = select(*_KEY, begun, pending.label("pending")).where(
        market_participant.c.mode.in_(PASSWORD_MODES),
        market_participant.c.change_stopped_at.is_(None),
        or_(
            and_(pending, begun < interrupted_before),
            and_(
                ~pending,
                market_participant.c.changed_at < changed_before,
                or_(begun.is_(None), begun < refused_before),
            ),
        ),
    )
    return [
        SecretChange(
            id=ParticipantKey(found.participant_id, found.environment),
            begun_at=found.change_begun_at,
            is_pending=found.pending,
        )
        for found in await tx.execute(query.order_by(*_KEY))
    ]


async def stopped_changes(tx: Transaction) -> list[ParticipantKey]:
    """Return the participants for which it is not known which secret AEMO accepts."""
    query = select(*_KEY).where(market_participant.c.change_stopped_at.is_not(None)).order_by(*_KEY)
    return [ParticipantKey(found.participant_id, found.environment) for found in await tx.execute(query)]


async def access_states(tx: Transaction) -> list[AccessState]:
    """Return until when each participant has access to AEMO, for those who watch the deployment."""
    columns = (market_participant.c.mode, market_participant.c.changed_at, market_participant.c.change_stopped_at)
    query = select(*_KEY, *columns, market_participant.c.certificate).order_by(*_KEY)
    return [
        AccessState(
            id=ParticipantKey(found.participant_id, found.environment),
            password_set_at=found.changed_at if found.mode in PASSWORD_MODES else None,
            is_stopped=found.change_stopped_at is not None,
            certificate=found.certificate,
        )
        for found in await tx.execute(query)
    ]


async def private_hosts(tx: Transaction, key: ParticipantKey) -> frozenset[str]:
    """Return the hosts that may have an address in a private network for the brands that use a participant."""
    query = (
        select(brand.c.settings)
        .join(brand_participant, brand_participant.c.brand_id == brand.c.id)
        .where(
            brand_participant.c.participant_id == key.participant_id,
            brand_participant.c.environment == key.environment,
        )
    )
    found = (await tx.execute(query)).scalars().all()
    return frozenset(host for settings in found for host in settings.get("private_hosts", ()))


async def retailer_id(tx: Transaction, name: str) -> UUID | None:
    """Return the id of a retailer by its legal name, or None."""
    found: UUID | None = await tx.scalar(_RETAILER, name=name)
    return found


async def set_secrets(tx: Transaction, key: ParticipantKey, values: Mapping[str, Any]) -> None:
    """Change sealed secrets of a participant. The caller holds the lock of its row."""
    await tx.execute(update(market_participant).where(_has_key(key)).values(values))


async def remove(tx: Transaction, key: ParticipantKey) -> None:
    """Delete a participant with its secrets, if it exists. Raise ParticipantInUse."""
    try:
        await tx.execute(delete(market_participant).where(_has_key(key)))
    except IntegrityError as error:
        raise ParticipantInUse(f"{key.participant_id} is assigned to a brand: unassign it first") from error


async def assign(tx: Transaction, brand_id: UUID, key: ParticipantKey) -> None:
    """Assign a participant to a brand of the same retailer, so that the brand calls AEMO as this participant.

    Raise InvalidParticipant if the retailer has no such participant or it is assigned to the brand already.
    """
    ids = select(brand.c.id, literal(key.participant_id), literal(key.environment), brand.c.retailer_id)
    columns = ["brand_id", "participant_id", "environment", "retailer_id"]
    new = insert(brand_participant).from_select(columns, ids.where(brand.c.id == brand_id))
    try:
        await tx.execute(new)
    except IntegrityError as error:
        raise InvalidParticipant(
            f"the participant {key.participant_id} in AEMO's {key.environment} does not belong to the brand's retailer,"
            " or is assigned to the brand already"
        ) from error


async def unassign(tx: Transaction, brand_id: UUID, key: ParticipantKey) -> None:
    """Remove the assignment of a participant to a brand, if it exists."""
    await tx.execute(
        delete(brand_participant).where(
            brand_participant.c.brand_id == brand_id,
            brand_participant.c.participant_id == key.participant_id,
            brand_participant.c.environment == key.environment,
        )
    )


async def participants_of_brand(tx: Transaction, brand_id: UUID) -> list[ParticipantKey]:
    """Return the participants that are assigned to a brand."""
    query = (
        select(brand_participant.c.participant_id, brand_participant.c.environment)
        .where(brand_participant.c.brand_id == brand_id)
        .order_by(brand_participant.c.participant_id, brand_participant.c.environment)
    )
    return [ParticipantKey(found.participant_id, found.environment) for found in await tx.execute(query)]


def _has_key(key: ParticipantKey) -> ColumnElement[bool]:
    participant_id, environment = _KEY
    return and_(participant_id == key.participant_id, environment == key.environment)
