"""Delivery of the notices in the outbox: lease, deliver outside any transaction, record the result.

    put ─ commit ─ NOTIFY → lease (a transaction) → channel → done | failed, due again | given up (a transaction)

In the transaction of the lease, notices that a harm flag conceals are held back (`holding_back.py`).

A process extends its leases while it delivers. If it dies, its leases end within seconds, because a person may wait for
the message, and the notices are delivered again. Each notice is therefore delivered at least once.
"""

import asyncio
import logging
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import timedelta
from time import monotonic
from typing import Final, NamedTuple, Protocol
from uuid import uuid4

import msgspec

from haas.clock import Clock
from haas.database import Database
from haas.errors import HaasError
from tenants.notices import store
from tenants.notices.errors import LeftToStaff, NotDelivered
from tenants.notices.holding_back import hold_back_leased
from tenants.notices.models import Notice
from tenants.notices.outbox import OWED_KINDS
from tenants.notices.retry_policy import RETRY_POLICIES, UNKNOWN_KIND_POLICY
from tenants.registry.models import Tenant

logger = logging.getLogger(__name__)

LEASE_DURATION: Final = timedelta(seconds=6)
SECONDS_BETWEEN_EXTENSIONS = 2.0
"""A third of a lease: the second of two extensions can fail, and the lease does not end."""
DELIVERY_TIMEOUT_SECONDS = 20.0
BATCH_SIZE = 10
SECONDS_OF_A_ROUND = 1.0
"""After this time a round begins no further batch, so that a tenant with very many notices does not delay others."""
POLL_INTERVAL_SECONDS = 0.1
MAX_POLLS = 200


class Channel(Protocol):
    """Delivers notices of one kind to another system."""

    async def deliver(self, tenant: Tenant, notice: Notice) -> None:
        """Make one attempt to deliver the notice. Raise NotDelivered if it fails."""
        ...


class DeliveryCounts(msgspec.Struct):
    """How many of a tenant's notices were delivered, will be tried again, or were given up."""

    done: int = 0
    failed: int = 0
    given_up: int = 0
    held_back: int = 0
    """Because of a harm flag."""

    def add(self, other: "DeliveryCounts") -> None:
        """Add the counts of `other`."""
        self.done += other.done
        self.failed += other.failed
        self.given_up += other.given_up
        self.held_back += other.held_back


class LeasedNotices(NamedTuple):
    """The notices of a lease that are sent, how many of it are held back, and whether more notices may be due."""

    to_send: list[Notice]
    held_back: int
    is_full: bool


class DeliveryRound(NamedTuple):
    """What one round has delivered, and whether more notices may be due."""

    counts: DeliveryCounts
    is_unfinished: bool


class Delivery:
    """Delivers each notice through the channel of its kind."""

    def __init__(self, database: Database, clock: Clock, channels: Mapping[str, Channel]) -> None:
        """`channels` maps a notice's kind to the channel that delivers it."""
        self._database = database
        self._clock = clock
        self._channels = channels

    async def has_due(self, tenant: Tenant) -> bool:
        """Return whether a notice of the tenant is due."""
        async with self._database.transaction(tenant.namespace) as tx:
            return await store.has_due(tx, self._clock.now())

    async def deliver_due(self, tenant: Tenant, *, retry_now: bool = False) -> DeliveryCounts:
        """Deliver all notices that are due. With `retry_now`, also deliver those that wait for another try."""
        outcome = DeliveryCounts()
        if retry_now:
            async with self._database.transaction(tenant.namespace) as tx:
                await store.make_retries_due(tx, self._clock.now())
        is_unfinished = True
        while is_unfinished:
            counts, is_unfinished = await self.deliver_round(tenant)
            outcome.add(counts)
        return outcome

    async def deliver_round(self, tenant: Tenant) -> DeliveryRound:
        """Deliver due notices in batches for SECONDS_OF_A_ROUND. The last batch is completed."""
        outcome, end = DeliveryCounts(), monotonic() + SECONDS_OF_A_ROUND
        while True:
            leased = await self._lease(tenant)
            outcome.held_back += leased.held_back
            async with self._extended_leases(tenant, leased.to_send):
                results = await asyncio.gather(
                    *(self._deliver(tenant, notice) for notice in leased.to_send), return_exceptions=True
                )
            for result in results:
                if isinstance(result, BaseException):
                    raise result
                outcome.add(result)
            if not leased.is_full or monotonic() >= end:
                return DeliveryRound(outcome, is_unfinished=leased.is_full)

    async def drain(self, tenant: Tenant) -> DeliveryCounts:
        """Deliver all notices that are due or wait for another try, and wait for the deliveries of other processes."""
        outcome = await self.deliver_due(tenant, retry_now=True)
        for _ in range(MAX_POLLS):
            if not await self._has_leased(tenant):
                break
            await asyncio.sleep(POLL_INTERVAL_SECONDS)
        return outcome

    async def warn_of_unassigned(self, tenant: Tenant) -> int:
        """Write to the log how many notices that are owed were given up and are nobody's task. Return their number."""
        async with self._database.transaction(tenant.namespace) as tx:
            number = await store.unassigned_given_up(tx, OWED_KINDS)
        if number:
            logger.critical("notice.unassigned", extra={"notices": number})
        return number

    async def _has_leased(self, tenant: Tenant) -> bool:
        async with self._database.transaction(tenant.namespace) as tx:
            return await store.has_leased(tx, self._clock.now())

    async def _lease(self, tenant: Tenant) -> LeasedNotices:
        now = self._clock.now()
        async with self._database.transaction(tenant.namespace) as tx:
            leased = await store.lease_due(tx, uuid4(), now, LEASE_DURATION, limit=BATCH_SIZE)
            to_send = await hold_back_leased(tx, leased, now)
        return LeasedNotices(to_send, len(leased) - len(to_send), is_full=len(leased) == BATCH_SIZE)

    @asynccontextmanager
    async def _extended_leases(self, tenant: Tenant, notices: Sequence[Notice]) -> AsyncIterator[None]:
        """Extend the leases of these notices regularly until the block ends."""
        extending = asyncio.create_task(self._extend_leases(tenant, notices), name="extend leases")
        try:
            yield
        finally:
            extending.cancel()
            await asyncio.gather(extending, return_exceptions=True)

    async def _extend_leases(self, tenant: Tenant, notices: Sequence[Notice]) -> None:
        while True:
            await asyncio.sleep(SECONDS_BETWEEN_EXTENSIONS)
            try:
                async with self._database.transaction(tenant.namespace) as tx:
                    await store.extend_leases(tx, notices, self._clock.now(), LEASE_DURATION)
            except HaasError as error:
                # The next extension may succeed. Otherwise the leases end, and the notices are delivered again.
                logger.warning("notice.lease_not_extended", extra={"reason": str(error)})

    async def _deliver(self, tenant: Tenant, notice: Notice) -> DeliveryCounts:
        details = {"notice": str(notice.id), "kind": notice.kind, "tries": notice.tries}
        try:
            await self._deliver_once(tenant, notice)
        except NotDelivered as error:
            return await self._record_failure(tenant, notice, error, details)
        async with self._database.transaction(tenant.namespace) as tx:
            await store.mark_done(tx, notice, self._clock.now())
        logger.info("notice.delivered", extra=details)
        return DeliveryCounts(done=1)

    async def _deliver_once(self, tenant: Tenant, notice: Notice) -> None:
        if notice.expires_at is not None and self._clock.now() >= notice.expires_at:
            raise NotDelivered("the notice has expired", permanent=True)
        channel = self._channels.get(notice.kind)
        if channel is None:
            raise NotDelivered("this release does not know this kind of notice")
        try:
            async with asyncio.timeout(DELIVERY_TIMEOUT_SECONDS):
                await channel.deliver(tenant, notice)
        except TimeoutError:
            raise NotDelivered(f"the delivery took longer than {DELIVERY_TIMEOUT_SECONDS:.0f} seconds") from None
        except NotDelivered:
            raise
        except Exception as error:
            # An unexpected error in one notice must not stop the delivery of the others. NotDelivered makes
            # the notice wait for its next try, so that it is not tried again immediately and endlessly.
            logger.exception("notice.delivery_error", extra={"notice": str(notice.id)})
            raise NotDelivered(f"unexpected error: {type(error).__name__}") from error

    async def _record_failure(
        self, tenant: Tenant, notice: Notice, error: NotDelivered, details: dict[str, object]
    ) -> DeliveryCounts:
        now, reason = self._clock.now(), str(error)
        policy = RETRY_POLICIES.get(notice.kind, UNKNOWN_KIND_POLICY)
        due = None if error.permanent else policy.next_try(notice, now)
        async with self._database.transaction(tenant.namespace) as tx:
            if due is None:
                await store.mark_given_up(tx, notice, now, reason, delete_payload=policy.deletes_payload_of(notice))
            else:
                await store.mark_failed(tx, notice, due, reason)
        if isinstance(error, LeftToStaff):
            logger.info("notice.left_to_staff", extra={**details, "reason": reason})
            return DeliveryCounts()
        if due is None:
            logger.critical("notice.given_up", extra={**details, "reason": reason})
            return DeliveryCounts(given_up=1)
        logger.warning("notice.not_delivered", extra={**details, "reason": reason, "due": due.isoformat()})
        return DeliveryCounts(failed=1)
