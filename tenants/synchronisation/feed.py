"""Reads the feed of the retailer's own server: who is not a customer any more, and who must not share data.

The arrangements and periods of ended customers end. Those of customers who are not eligible any more are ended by
`tenants.arrangements.service.end_of_ineligible_customers`, as after an import.

A worker leases the feed of a tenant, and stores the position after each part in the transaction that applies it. So no
part is lost if the worker is killed, and no two workers apply the same part at the same time.
"""

import logging
from datetime import date, datetime, timedelta
from typing import Final

from haas.clock import Clock
from haas.database import Database, Transaction
from haas.errors import HaasError
from tenants.accounts.internal_ids import internal_id
from tenants.accounts.service import market_day
from tenants.arrangements import service as arrangements
from tenants.holders.service import tell_of_end
from tenants.imports.records import EndHoldingRecord, EndRepresentationRecord, Record
from tenants.imports.report import Report
from tenants.registry.models import Tenant
from tenants.synchronisation import server, store
from tenants.synchronisation.directory import load
from tenants.synchronisation.records import ineligibility_record
from tenants.upstream.capabilities import KnownCapabilities
from tenants.upstream.client import UpstreamClient
from tenants.upstream.messages import EndedCustomer

logger = logging.getLogger(__name__)

LEASE: Final = timedelta(minutes=2)
SECONDS_FOR_A_PART: Final = 20.0
MAXIMUM_PARTS: Final = 50
"""How many parts one run reads. The next run continues after them."""
_DAY: Final = timedelta(days=1)
END_REASON: Final = "not a customer of the retailer any more"


class FeedLeaseLost(HaasError):
    """A part of the feed took longer than the lease, and another worker reads the feed now."""


class _Lease:
    """The lease of a feed, whose end moves with each part."""

    def __init__(self, base_uri: str, until: datetime) -> None:
        self.base_uri = base_uri
        self.until = until


class EndedCustomersFeed:
    """The feeds of all tenants whose customers are on the retailer's own server."""

    def __init__(
        self, database: Database, client: UpstreamClient, capabilities: KnownCapabilities, clock: Clock
    ) -> None:
        """Nothing is read before the first call."""
        self._database = database
        self._client = client
        self._capabilities = capabilities
        self._clock = clock

    async def read(self, tenant: Tenant) -> int:
        """Apply what is new in the feed of a tenant. Return the number of arrangements that have ended.

        Do nothing if the customers of the tenant are not on such a server, if the server has no feed, or if another
        worker reads the feed. Raises UpstreamUnavailable.
        """
        upstream = tenant.settings.upstream
        if tenant.settings.customer_source != "upstream" or upstream is None:
            return 0
        call = self._client.call(tenant, seconds=SECONDS_FOR_A_PART, customer_present=False)
        if not (await self._capabilities.of(tenant, call)).ended_customers:
            return 0
        now = self._clock.now()
        async with self._database.transaction(tenant.namespace) as tx:
            leased, cursor = await store.lease_feed(tx, upstream.base_uri, now, now + LEASE)
        if not leased:
            return 0
        lease = _Lease(upstream.base_uri, now + LEASE)
        try:
            return await self._parts(tenant, lease, cursor)
        finally:
            async with self._database.transaction(tenant.namespace) as tx:
                await store.release_feed(tx, lease.base_uri, lease.until)

    async def _parts(self, tenant: Tenant, lease: _Lease, cursor: str | None) -> int:
        ended = 0
        for _ in range(MAXIMUM_PARTS):
            call = self._client.call(tenant, seconds=SECONDS_FOR_A_PART, customer_present=False)
            part = await server.ended_customers(call, cursor)
            now = self._clock.now()
            async with self._database.transaction(tenant.namespace, "long") as tx:
                for customer in part.customers:
                    ended += await self._end(tx, tenant, customer, market_day(now))
                # Who is not known here gets the periods at the sign-in.
                await load(tx, [ineligibility_record(each) for each in part.ineligible], Report(), self._clock)
                until = now + LEASE
                if not await store.save_cursor(
                    tx, lease.base_uri, part.cursor, now, leased_until=lease.until, until=until
                ):
                    raise FeedLeaseLost(f"another worker reads the feed of {tenant.slug}")  # rolls the part back
            lease.until = until
            if part.customers:
                details = {"customers": len(part.customers), "arrangements": ended}
                logger.info("directory.customers_ended", extra=details)
            if part.ineligible:
                logger.info("directory.ineligible_periods", extra={"count": len(part.ineligible)})
            if not part.more or part.cursor == cursor:  # a server that does not go on must not be asked for ever
                break
            cursor = part.cursor
        return ended

    async def _end(self, tx: Transaction, tenant: Tenant, customer: EndedCustomer, today: date) -> int:
        """End everything of a customer. Return the number of arrangements that have ended."""
        last_day = min(customer.ended_on, today - _DAY)
        reference = customer.customer_id
        records: list[Record] = [
            EndHoldingRecord(customer=reference, account=account, valid_to=last_day)
            for account in sorted(await store.held_accounts(tx, reference, last_day + _DAY))
        ]
        records += [
            EndRepresentationRecord(login=login, customer=reference, valid_to=last_day)
            for login in sorted(await store.representatives(tx, reference, last_day + _DAY))
        ]
        await load(tx, records, Report(), self._clock)
        return await arrangements.end_all_of_customer(
            tx,
            internal_id("customer", reference),
            by="ineligible",
            reason=END_REASON,
            tell=tell_of_end(tenant),
            now=self._clock.now(),
        )
