"""The SQL of tokens."""

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from sqlalchemy import update

from haas.database import Transaction
from tenants.tokens.tables import access_token, refresh_token


async def revoke_of_arrangements(tx: Transaction, arrangement_ids: Collection[UUID], now: datetime) -> None:
    """Revoke every token of these arrangements."""
    for table in (access_token, refresh_token):
        await tx.execute(
            update(table)
            .where(table.c.arrangement_id.in_(arrangement_ids), table.c.revoked_at.is_(None))
            .values(revoked_at=now)
        )
