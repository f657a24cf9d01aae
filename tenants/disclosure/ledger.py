"""What the disclosure ledger tells about an arrangement or an account (CDR Rules 1.15(3)(f), (g), 4A.13, 9.5; K-30).

The customer's dashboard, the dashboard of a co-holder and the record of one consumer read it here. The rows are written
with the counted calls (`tenants.calls`), so a disclosure is visible a few seconds after its answer.
"""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from haas.database import Transaction
from tenants.disclosure import store
from tenants.disclosure.models import DisclosedCluster


async def of_arrangement(tx: Transaction, arrangement_id: UUID) -> list[DisclosedCluster]:
    """Return what was disclosed under an arrangement, one entry for each account and data cluster.

    Entries about the customer are first. This is for the customer of the arrangement: it contains all accounts.
    """
    return await store.disclosed_under(tx, arrangement_id)


async def last_disclosures(tx: Transaction, arrangement_ids: Sequence[UUID]) -> dict[UUID, datetime]:
    """Return when data was last disclosed under each of these arrangements. Those without a disclosure are left out."""
    return await store.last_disclosures(tx, arrangement_ids)


async def of_account(
    tx: Transaction, account_id: UUID, viewer_id: UUID, *, now: datetime, zone: ZoneInfo
) -> list[DisclosedCluster]:
    """Return what other customers' arrangements disclosed of an account, as the holder `viewer_id` may see it.

    The entries are only about this account, and never about the other customer (CDR Rules 4A.13(1)). They contain only
    days on which the viewer held the account, so a co-holder can see another first day than the customer of the
    arrangement. While a harm flag protects that customer, there are no entries of the customer's arrangements; after
    its end, the days of the flag stay hidden, and all that was disclosed under an authorisation that it has concealed
    (CDR Rules 4A.15). `zone` is the tenant's time zone.
    """
    return await store.disclosed_of_account(tx, account_id, viewer_id, now=now, zone=zone)
