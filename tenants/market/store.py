"""The SQL of market participants, for the role of the console. Secrets are read and written sealed."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, and_, delete, insert, literal, select, update
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.engine import RowMapping
from sqlalchemy.exc import IntegrityError

from haas.database import Transaction
from tenants.market.errors import InvalidParticipant, ParticipantInUse, UnknownParticipant
from tenants.market.models import ParticipantKey
from tenants.market.tables import brand_participant, market_participant
from tenants.registry.tables import brand

_KEY = (market_participant.c.participant_id, market_participant.c.environment)


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
