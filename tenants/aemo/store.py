"""The query for the NMIs of service points, and for the participants that AEMO expects for them."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import ARRAY, Uuid, bindparam, func, literal_column, select

from haas.database import Statement, Transaction
from tenants.accounts.tables import service_point, supply
from tenants.aemo.models import MarketPoint

# The participant of the newest supply, because AEMO answers to the retailer that is the FRMP now (C-A4, C-D6).
_participant = (
    select(supply.c.participant_id)
    .where(supply.c.service_point_id == service_point.c.id, supply.c.participant_id.is_not(None))
    .order_by(supply.c.valid_from.desc(), supply.c.account_id)
    .limit(literal_column("1"))
    .scalar_subquery()
)
_POINTS = Statement(
    select(service_point.c.id, service_point.c.national_metering_id, _participant)
    .where(service_point.c.id == func.any(bindparam("ids", type_=ARRAY(Uuid))))
    .order_by(service_point.c.national_metering_id, service_point.c.id)
)


async def market_points(tx: Transaction, ids: Sequence[UUID]) -> list[MarketPoint]:
    """Return the service points with the ids, in the order of their NMIs."""
    return [MarketPoint(*row) for row in await tx.rows(_POINTS, ids=ids)]
