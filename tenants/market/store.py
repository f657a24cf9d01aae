"""SQL of the market's participants, for the console's role. What it reads and writes of secrets is sealed."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, and_, delete, insert, literal, select, update
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.engine import RowMapping
from sqlalchemy.exc import IntegrityError

from haas.database import Transaction
from tenants.market.errors import BadParticipant, ParticipantInUse, UnknownParticipant
from tenants.market.models import ParticipantKey
from tenants.market.tables import brand_participant, market_participant
from tenants.registry.tables import brand

_KEY = (market_participant.c.participant_id, market_participant.c.environment)


async def put(tx: Transaction, key: ParticipantKey, values: Mapping[str, Any]) -> None:
    """Add a participant, or replace all that is known of it. Raises BadParticipant."""
    ids = {"participant_id": key.participant_id, "environment": key.environment}
    new = upsert(market_participant).values(**ids, **values)
    try:
        await tx.execute(new.on_conflict_do_update(index_elements=_KEY, set_=dict(values)))
    except IntegrityError as error:
        raise BadParticipant(
            f"{key.participant_id} lacks what its mode needs, names a retailer that is unknown, or is asked for by a"
            " brand of another retailer"
        ) from error


async def row(tx: Transaction, key: ParticipantKey, *, lock: bool = False) -> RowMapping:
    """Return a participant's row, on demand locked until the transaction ends. Raises UnknownParticipant."""
    query = select(market_participant).where(_is(key))
    found = (await tx.execute(query.with_for_update() if lock else query)).mappings().one_or_none()
    if found is None:
        raise UnknownParticipant(f"there is no participant {key.participant_id} in AEMO's {key.environment}")
    return found


async def set_secrets(tx: Transaction, key: ParticipantKey, values: Mapping[str, Any]) -> None:
    """Change the sealed secrets of a participant that was read under a lock."""
    await tx.execute(update(market_participant).where(_is(key)).values(values))


async def remove(tx: Transaction, key: ParticipantKey) -> None:
    """Delete a participant with its secrets. Raises ParticipantInUse; one that is not there is no error."""
    try:
        await tx.execute(delete(market_participant).where(_is(key)))
    except IntegrityError as error:
        raise ParticipantInUse(f"a brand asks as {key.participant_id}: take it from the brand first") from error


async def assign(tx: Transaction, brand_id: UUID, key: ParticipantKey) -> None:
    """Let a brand ask as a participant of its retailer. Raises BadParticipant where it is unknown or another's."""
    ids = select(brand.c.id, literal(key.participant_id), literal(key.environment), brand.c.retailer_id)
    columns = ["brand_id", "participant_id", "environment", "retailer_id"]
    new = insert(brand_participant).from_select(columns, ids.where(brand.c.id == brand_id))
    try:
        await tx.execute(new)
    except IntegrityError as error:
        raise BadParticipant(
            f"the brand's retailer has no participant {key.participant_id} in AEMO's {key.environment} that the brand"
            " does not have yet"
        ) from error


async def unassign(tx: Transaction, brand_id: UUID, key: ParticipantKey) -> None:
    """Let a brand ask as a participant no more."""
    await tx.execute(
        delete(brand_participant).where(
            brand_participant.c.brand_id == brand_id,
            brand_participant.c.participant_id == key.participant_id,
            brand_participant.c.environment == key.environment,
        )
    )


async def of_brand(tx: Transaction, brand_id: UUID) -> list[ParticipantKey]:
    """Return the participants as whom a brand asks."""
    query = (
        select(brand_participant.c.participant_id, brand_participant.c.environment)
        .where(brand_participant.c.brand_id == brand_id)
        .order_by(brand_participant.c.participant_id, brand_participant.c.environment)
    )
    return [ParticipantKey(found.participant_id, found.environment) for found in await tx.execute(query)]


def _is(key: ParticipantKey) -> ColumnElement[bool]:
    participant_id, environment = _KEY
    return and_(participant_id == key.participant_id, environment == key.environment)
