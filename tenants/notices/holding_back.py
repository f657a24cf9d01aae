"""Notices that wait when a harm flag is set are held back (CDR Rules 4A.15; K-14, decision 0071).

When a flag is set, all that wait are held back. Each notice is looked at again whenever it is leased: it can be added
after the flag was set, by a transaction that began before and has not seen it.
"""

import logging
from collections.abc import Collection, Sequence
from datetime import datetime
from uuid import UUID

from haas.database import Transaction
from tenants.notices import store
from tenants.notices.models import Notice

logger = logging.getLogger(__name__)


async def hold_back_waiting(
    tx: Transaction, customer_id: UUID, account_id: UUID, arrangement_ids: Collection[UUID], now: datetime
) -> int:
    """Hold back what others are to be told of a customer and an account, and receipts about it. Return their number.

    `arrangement_ids` are the arrangements of the customer about the account. Letters that wait to be posted are held
    back too.
    """
    return _logged(await store.hold_back(tx, store.is_decided_for(customer_id, account_id, arrangement_ids), now))


async def hold_back_leased(tx: Transaction, leased: Sequence[Notice], now: datetime) -> list[Notice]:
    """Hold back those of these notices that a harm flag conceals. Return the others, which are sent."""
    if all(notice.decided_for is None for notice in leased):
        return list(leased)
    held_back = await store.hold_back(tx, store.is_concealed(leased), now)
    _logged(held_back)
    return [notice for notice in leased if notice.id not in held_back]


def _logged(held_back: Collection[UUID]) -> int:
    for notice_id in held_back:
        logger.info("notice.held_back", extra={"notice": str(notice_id)})
    return len(held_back)
