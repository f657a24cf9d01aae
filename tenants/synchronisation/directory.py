"""The directory of tenants whose customers are on the retailer's own server: a copy in the tenant's schema.

The copy is renewed when a person signs in and at the account step of the consent flow, and by the feed of ended
customers. Calls for data read the copy only. What consumers and staff have decided is not in it and does not change.
"""

import asyncio
import logging
from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from typing import Final
from uuid import UUID, uuid4

from haas.cache import CacheLimits, TimedCache
from haas.clock import Clock
from haas.concurrency import all_of
from haas.database import Database, Transaction
from haas.errors import Unavailable
from tenants.accounts.internal_ids import internal_id
from tenants.accounts.service import market_day
from tenants.imports import rows
from tenants.imports import store as imports
from tenants.imports.loader import load_batch
from tenants.imports.located_record import LocatedRecord
from tenants.imports.records import EndLoginRecord, LoginRecord, Record
from tenants.imports.report import FileLocation, Report
from tenants.imports.service import BATCH_SIZE
from tenants.parties.directory import Directory, StoredDirectory
from tenants.parties.models import NOBODY, Login, Person, canonical_identifier
from tenants.registry.models import Tenant
from tenants.synchronisation import server, store
from tenants.synchronisation.records import (
    account_records,
    customer_records,
    login_record,
    representation_records,
)
from tenants.upstream.client import UpstreamCall, UpstreamClient
from tenants.upstream.messages import User

logger = logging.getLogger(__name__)

SECONDS_TO_FIND: Final = 2.0
SECONDS_TO_REFRESH: Final = 5.0
ANSWER_STEP_SECONDS: Final = 0.25
"""The answer about an identifier takes a multiple of this time, whether or not there is such a login."""
FRESH_FOR: Final = timedelta(seconds=30)
"""The copy is not renewed again within this time: the account step follows the sign-in."""
MAXIMUM_LOGINS: Final = 10_000
CONCURRENT_CUSTOMERS: Final = 4
_LOCATION: Final = FileLocation("the retailer's server", 1)
_COMPARED: Final = ("reference", "identifier", "email", "mobile", "channel", "name", "given_name", "family_name")
_DAY: Final = timedelta(days=1)


class UpstreamDirectory:
    """The directory of every tenant. It is a copy for those whose `customer_source` is `upstream`."""

    def __init__(self, database: Database, client: UpstreamClient, clock: Clock) -> None:
        """Nothing is read before the first call."""
        self._database = database
        self._client = client
        self._clock = clock
        self._stored: Directory = StoredDirectory(database)
        limits = CacheLimits(fresh_for=FRESH_FOR)
        self._refreshed: TimedCache[tuple[UUID, UUID], bool] = TimedCache(clock, limits, MAXIMUM_LOGINS)

    def is_copy(self, tenant: Tenant) -> bool:
        """Return whether the customers of a tenant are on the retailer's own server."""
        return tenant.settings.customer_source == "upstream"

    async def person(self, tenant: Tenant, login_id: UUID, today: date) -> Person:
        """Return a login with the customers for whom it may act. See `Directory.person`."""
        return await self._stored.person(tenant, login_id, today)

    async def login_by_identifier(self, tenant: Tenant, identifier: str) -> Login | None:
        """Return the login with this identifier, or None. See `Directory.login_by_identifier`.

        There is one request to the server and one query in both cases. Something is written only when the server says
        something new of the login. The rest of a time step is waited for, because the server's own time may differ.
        Raises UpstreamUnavailable.
        """
        if not self.is_copy(tenant):
            return await self._stored.login_by_identifier(tenant, identifier)
        loop = asyncio.get_running_loop()
        began = loop.time()
        try:
            call = self._client.call(tenant, seconds=SECONDS_TO_FIND)
            return await self._login(tenant, call, identifier, await server.user_with_identifier(call, identifier))
        finally:
            await asyncio.sleep(seconds_to_wait(loop.time() - began))

    async def refresh(self, tenant: Tenant, login_id: UUID) -> None:
        """Renew the copy of what belongs to a login. See `Directory.refresh`."""
        if not self.is_copy(tenant) or login_id == NOBODY:
            return

        async def load(_: bool | None) -> bool:  # noqa: FBT001 - the last value of the cache
            await self._refresh(tenant, login_id)
            return True

        try:
            await self._refreshed.get((tenant.id, login_id), load)
        except Unavailable as error:  # the cache raises it with the error of the server as its cause
            raise error.__cause__ if isinstance(error.__cause__, Unavailable) else error from None

    async def _login(self, tenant: Tenant, call: UpstreamCall, identifier: str, user: User | None) -> Login | None:
        """Return the login of the person whom the server has found, and write it if it is new or was changed."""
        wanted = None if user is None else _login_record(user)
        ids = {NOBODY if wanted is None else internal_id("login", wanted.reference)}
        identifiers = {identifier if wanted is None else canonical_identifier(wanted.identifier)}
        async with self._database.transaction(tenant.namespace) as tx:
            stored = await imports.stored_logins(tx, ids, identifiers)
        if wanted is None:
            return None
        row = rows.login_row(wanted, "", self._clock.now())
        known = next((each for each in stored if each["id"] == row["id"]), None)
        if known is None or not _is_same(known, row, wanted):
            for other in stored:
                if other["id"] != row["id"] and other["disabled_at"] is None:
                    await self._free_identifier(tenant, call, other["reference"])
            if not await self._load(tenant, [wanted]):
                return None
        if wanted.disabled:
            return None
        return Login(id=row["id"], email=wanted.email, mobile=wanted.mobile, channel=wanted.channel)

    async def _free_identifier(self, tenant: Tenant, call: UpstreamCall, reference: str) -> None:
        """Renew the login that had an identifier before the server gave it to another person."""
        user = await server.user_with_id(call, reference)
        changed = None if user is None else _login_record(user)
        await self._load(tenant, [EndLoginRecord(login=reference) if changed is None else changed])

    async def _refresh(self, tenant: Tenant, login_id: UUID) -> None:
        call = self._client.call(tenant, seconds=SECONDS_TO_REFRESH)
        async with self._database.transaction(tenant.namespace) as tx:
            reference = await store.login_reference(tx, login_id)
        if reference is None:
            return
        user = await server.user_with_id(call, reference)
        if user is None:
            await self._load(tenant, [EndLoginRecord(login=reference)])
            return
        slots = asyncio.Semaphore(CONCURRENT_CUSTOMERS)

        async def of_customer(customer_id: str) -> list[Record]:
            async with slots:
                return await self._customer_records(tenant, call, customer_id)

        found = await all_of(of_customer(each.customer_id) for each in user.customers)
        today = market_day(self._clock.now())
        async with self._database.transaction(tenant.namespace) as tx:
            known = await store.represented_customers(tx, login_id, today)
        records = [record for of_one in found for record in of_one]
        login = _login_record(user)
        if login is not None:
            records.append(login)
            records += representation_records(user, known, today - _DAY)
        await self._load(tenant, records)

    async def _customer_records(self, tenant: Tenant, call: UpstreamCall, customer_id: str) -> list[Record]:
        """Return the records of a customer and of the accounts. What the server withholds is not changed."""
        customer = await server.customer_with_id(call, customer_id)
        accounts = await server.accounts_of_customer(call, customer_id)
        today = market_day(self._clock.now())
        records = [] if customer is None else list(customer_records(customer_id, customer, today - _DAY))
        if accounts is not None:
            async with self._database.transaction(tenant.namespace) as tx:
                known = await store.held_accounts(tx, customer_id, today)
            records += account_records(customer_id, accounts, known, today - _DAY)
        return records

    async def _load(self, tenant: Tenant, records: Sequence[Record]) -> bool:
        """Write records as an import does. Return whether all of them were loaded; the log says if not."""
        report = Report()
        for first in range(0, len(records), BATCH_SIZE):
            async with self._database.transaction(tenant.namespace, "long") as tx:
                await load(tx, records[first : first + BATCH_SIZE], report, self._clock)
        if report.problem_count:
            logger.warning("directory.records_not_loaded", extra={"count": report.problem_count})
        return not report.problem_count


async def load(tx: Transaction, records: Iterable[Record], report: Report, clock: Clock) -> None:
    """Load records of the server in a transaction, as a batch of an import."""
    located = [LocatedRecord(_LOCATION, record) for record in records]
    await load_batch(tx, located, report, clock.now(), uuid4(), source="upstream")


def seconds_to_wait(elapsed: float) -> float:
    """Return the rest of the time step in which an answer is ready."""
    return -elapsed % ANSWER_STEP_SECONDS


def _login_record(user: User) -> LoginRecord | None:
    """Return the record of a person, or None if a value cannot be stored. The log then says which."""
    try:
        return login_record(user)
    except ValueError as error:
        logger.warning("directory.invalid_login", extra={"problem": str(error)})
        return None


def _is_same(stored: rows.Row, row: rows.Row, wanted: LoginRecord) -> bool:
    same = all(stored[column] == row[column] for column in _COMPARED)
    return same and (stored["disabled_at"] is not None) == wanted.disabled
