"""The checks of a retailer's own server against the contract (C-X7). They print no data of the server, and no id.

A finding names an operation, the path of a field, what was found, what the contract expects, and the clause.
"""

import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from datetime import timedelta
from functools import partial
from math import ceil
from statistics import median
from typing import Any, Final, NamedTuple
from uuid import uuid4

import msgspec

from haas.clock import Clock
from tenants.cds.resource_ids import read_id
from tenants.cds.tiers import THRESHOLD_MILLISECONDS, Tier
from tenants.cds.validation_messages import split_validation_message
from tenants.keys.service import Keyring
from tenants.parties.models import ROLES_FOR_INDIVIDUALS
from tenants.registry.models import Tenant
from tenants.upstream import operations as server
from tenants.upstream.check_bills import BILL_OPERATIONS, BillsCheck
from tenants.upstream.check_feed import check_feed
from tenants.upstream.client import MARGIN_SECONDS, UpstreamCall, UpstreamClient, path_of, signed_jwt
from tenants.upstream.eligibility import UpstreamCustomer
from tenants.upstream.errors import UpstreamNotAuthenticated, UpstreamUnavailable, UpstreamWithheld
from tenants.upstream.messages import (
    AccountSelection,
    AccountSelectionRequest,
    ListedAccount,
    User,
    UserLookup,
    UserLookupRequest,
)
from tenants.upstream.operations import UpstreamOperation

SECONDS_FOR_A_REQUEST: Final = 10.0
MAXIMUM_ACCOUNTS: Final = 5
"""How many accounts of a customer are checked one by one."""
LOOKUPS: Final = 9
"""How often a known and an unknown identifier are looked up, to compare the times."""
MILLISECONDS_APART: Final = 25.0
"""The medians of these times may differ by this: less cannot be measured through a network by an attacker."""
_TIERS: Final[dict[str, Tier]] = {
    server.GET_CUSTOMER.name: "highPriority",
    server.LIST_ACCOUNTS.name: "highPriority",
    server.GET_ACCOUNT.name: "highPriority",
    server.GET_BALANCE.name: "highPriority",
    server.GET_PAYMENT_SCHEDULE.name: "lowPriority",
    server.GET_CONCESSIONS.name: "lowPriority",
    server.LIST_BALANCES.name: "lowPriority",
    server.LIST_INVOICES.name: "highPriority",
    server.LIST_TRANSACTIONS.name: "lowPriority",
}
"""The strictest tier of the operations for recipients that need an operation of the server."""
_OF_AN_ACCOUNT: Final = (server.GET_PAYMENT_SCHEDULE, server.GET_CONCESSIONS, server.GET_BALANCE)
_UNREADABLE: Final = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)


class ContractFinding(NamedTuple):
    """A place at which the server does not follow the contract."""

    operation: str
    path: str
    """The path of a field in the response, or what else of the response is meant."""
    found: str
    expected: str
    clause: str

    def __str__(self) -> str:
        """Return the finding as one line of text."""
        return f"{self.operation} {self.path}: found {self.found}; expected {self.expected} ({self.clause})"


class CheckedObjects(NamedTuple):
    """The ids of the retailer's test objects with which the server is checked."""

    users: Sequence[str] = ()
    customers: Sequence[str] = ()
    accounts: Sequence[str] = ()


class ContractCheck:
    """One check of the server of a tenant."""

    def __init__(
        self, client: UpstreamClient, keyring: Keyring, tenant: Tenant, clock: Clock, done: Callable[[str], None]
    ) -> None:
        """`done` is called with a text after each part."""
        self._client = client
        self._keyring = keyring
        self._tenant = tenant
        self._clock = clock
        self._done = done
        self.findings: list[ContractFinding] = []
        self._milliseconds: dict[str, list[float]] = {}

    async def run(self, objects: CheckedObjects, repeat: int) -> list[ContractFinding]:
        """Check everything. Each request for data is sent `repeat` times, to measure how long it takes."""
        health = await self._ask(server.GET_HEALTH)
        if health is not None and health.status != "ok":
            self._found(server.GET_HEALTH, "$.data.status", health.status, "ok", "C-X2")
        capabilities = await self._ask(server.GET_CAPABILITIES)
        self._done("health and capabilities")
        await self._authentication()
        self._done("authentication")
        await self._unknown_objects()
        self._done("unknown objects")
        customers = dict.fromkeys(objects.customers)
        individuals: set[str] = set()
        for user_id in objects.users:
            user: User | None = await self._ask(server.GET_USER, user_id)
            if user is not None:
                await self._identifier(user, user_id)
                self._channel(user)
                customers.update(dict.fromkeys(each.customer_id for each in user.customers))
                individuals.update(each.customer_id for each in user.customers if each.role in ROLES_FOR_INDIVIDUALS)
        self._done(f"users ({len(objects.users)})")
        accounts = dict.fromkeys(objects.accounts)
        listed: dict[str, ListedAccount] = {}
        for customer_id in customers:
            found = await self._customer(customer_id, repeat, is_individual=customer_id in individuals)
            self._eligibility_of_shared(listed, found)
            listed.update(found)
            accounts.update(dict.fromkeys(list(found)[:MAXIMUM_ACCOUNTS]))
        self._done(f"customers ({len(customers)})")
        for account_id in accounts:
            await self._account(account_id, listed.get(account_id), repeat)
        if capabilities is not None and capabilities.balances and accounts:
            await self._balances(list(accounts), repeat)
        self._done(f"accounts ({len(accounts)})")
        if capabilities is not None and capabilities.ended_customers:
            await check_feed(self._ask, self._found)
            self._done("feed of ended customers")
        self._latency()
        return self.findings

    async def _authentication(self) -> None:
        """A request without the right credentials is refused (C-X5)."""
        base = (self._tenant.settings.upstream.base_uri if self._tenant.settings.upstream else "").rstrip("/")
        own = base + path_of(server.GET_HEALTH)
        now = self._clock.now()
        attempts = [("a made-up token", f"Bearer {uuid4().hex}"), ("no bearer token", "Basic bm86Ym9keQ==")]
        if self._tenant.settings.upstream and self._tenant.settings.upstream.authentication == "signed-jwt":
            jwt = await signed_jwt(self._keyring, self._tenant, own, now)
            attempts += [
                ("a JWT for another URI", await self._jwt(base + "/users/find")),
                ("an expired JWT", await self._jwt(own, timedelta(minutes=-5))),
                ("a JWT that is valid for an hour", await self._jwt(own, timedelta(hours=1))),
                ("a JWT whose signature was changed", f"Bearer {jwt[:-8]}AAAAAAAA"),
            ]
            used = await self._jwt(own)
            await self._refused_with(None, used)
            attempts.append(("a JWT whose `jti` was used before", used))
        for what, authorization in attempts:
            await self._refused_with(what, authorization)

    async def _jwt(self, audience: str, lifetime: timedelta = timedelta(seconds=60)) -> str:
        return f"Bearer {await signed_jwt(self._keyring, self._tenant, audience, self._clock.now(), lifetime)}"

    async def _refused_with(self, what: str | None, authorization: str) -> None:
        """Send a request that must be refused with 401, because of `what`; or accepted, if that is None."""
        refused = False
        try:
            await self._call().ask(server.GET_HEALTH, authorization=authorization)
        except UpstreamNotAuthenticated:
            refused = True
        except UpstreamUnavailable as error:
            self._found(server.GET_HEALTH, "status", str(error), "401", "C-X5")
            return
        if what is not None and not refused:
            self._found(server.GET_HEALTH, f"status for {what}", "200", "401", "C-X5")
        if what is None and refused:
            self._found(server.GET_HEALTH, "status for a JWT of the holder", "401", "200", "C-X5")

    async def _unknown_objects(self) -> None:
        """404 for ids that the retailer has never given (C-X6)."""
        unknown = f"unknown-{uuid4().hex}"
        lookup = UserLookupRequest(data=UserLookup(identifier=f"{uuid4().hex}@nobody.test"))
        await self._unknown(server.FIND_USER, self._call().ask(server.FIND_USER, body=lookup))
        for operation in (server.GET_USER, server.GET_CUSTOMER, server.LIST_ACCOUNTS, server.GET_ACCOUNT):
            await self._unknown(operation, self._call().ask(operation, unknown))
        for operation in _OF_AN_ACCOUNT:
            await self._unknown(operation, self._call().ask(operation, unknown))
        for listed in BILL_OPERATIONS:
            period = listed.until(self._clock.now())
            await self._unknown(listed.operation, self._call().ask(listed.operation, unknown, query=period))

    async def _unknown(self, operation: UpstreamOperation, asked: Awaitable[bytes]) -> None:
        try:
            await asked
        except UpstreamWithheld as withheld:
            if withheld.reason != "unknown":
                self._found(operation, "status for an unknown object", withheld.reason, "404", "C-X6")
        except UpstreamUnavailable as error:
            self._found(operation, "status for an unknown object", str(error), "404", "C-X6")
        else:
            self._found(operation, "status for an unknown object", "200", "404", "C-X6")

    async def _identifier(self, user: User, user_id: str) -> None:
        """The user is found by the identifier, in the same time as one that does not exist."""
        if user.user_id != user_id:
            self._found(server.GET_USER, "$.data.userId", "another id", "the id of the request", "C-X1")
        forms = "".join(user.identifier.casefold().split())
        found: User | None = await self._ask(
            server.FIND_USER, body=UserLookupRequest(data=UserLookup(identifier=forms))
        )
        if found is not None and found != user:
            self._found(server.FIND_USER, "$.data", "another user", "the same as getUser gives", "C-X1")
        times: dict[bool, list[float]] = {True: [], False: []}
        for _ in range(LOOKUPS):
            for known in (True, False):
                identifier = forms if known else f"{uuid4().hex}@nobody.test"
                lookup = UserLookupRequest(data=UserLookup(identifier=identifier))
                began = time.perf_counter()
                with suppress(UpstreamWithheld, UpstreamUnavailable):
                    await self._call().ask(server.FIND_USER, body=lookup)
                times[known].append((time.perf_counter() - began) * 1000)
        apart = abs(median(times[True]) - median(times[False]))
        if apart > MILLISECONDS_APART:
            expected = f"the same for a known and an unknown identifier, within {MILLISECONDS_APART:.0f} ms"
            self._found(server.FIND_USER, "time", f"medians {apart:.0f} ms apart", expected, "CDS, OTP requirements")

    def _channel(self, user: User) -> None:
        """The contact is there to which the person wants messages."""
        contacts = {"email": user.email, "sms": user.mobile}
        if user.channel in contacts and contacts[user.channel] is None:
            self._found(server.GET_USER, "$.data.channel", f"{user.channel} without its contact", "the contact", "C-X3")

    async def _customer(self, customer_id: str, repeat: int, *, is_individual: bool) -> dict[str, ListedAccount]:
        """Return the accounts of a customer by their ids. A role of a user can say that it is an individual."""
        for _ in range(repeat):
            customer: UpstreamCustomer | None = await self._ask(server.GET_CUSTOMER, customer_id)
        organisation = None if customer is None else customer.organisation
        if is_individual and organisation is not None and organisation.organisationType != "SOLE_TRADER":
            found, expected = "a role for individuals", "nominated-representative of an organisation"
            self._found(server.GET_USER, "$.data.customers[].role", found, expected, "CDR Rules 1.13(1)(c)")
        lists = [await self._ask(server.LIST_ACCOUNTS, customer_id) for _ in range(max(repeat, 2))]
        complete = [found.accounts for found in lists if found is not None]
        if not complete:
            return {}
        ids = [[each.accountId.value for each in accounts] for accounts in complete]
        if any(sorted(each) != sorted(ids[0]) for each in ids):
            self._found(server.LIST_ACCOUNTS, "$.data.accounts", "other ids in each response", "stable ids", "C-X1")
        if len(set(ids[0])) < len(ids[0]):
            self._found(server.LIST_ACCOUNTS, "$.data.accounts", "an account twice", "each account once", "C-X2")
        for index, account in enumerate(complete[0]):
            supplied = {each.service_point_id for each in account.x.service_points}
            if any(named.value not in supplied for plan in account.plans for named in plan.servicePointIds):
                path = f"$.data.accounts[{index}].x.servicePoints"
                self._found(server.LIST_ACCOUNTS, path, "not every NMI of the plans", "every NMI of the plans", "C-X3")
            if not account.is_open and account.x.closed_date is None:
                path = f"$.data.accounts[{index}].x.closedDate"
                self._found(server.LIST_ACCOUNTS, path, "nothing", "the date of a closed account", "C-X3")
        return {each.accountId.value: each for each in complete[0]}

    def _eligibility_of_shared(self, before: Mapping[str, ListedAccount], found: Mapping[str, ListedAccount]) -> None:
        """Two customers who have the same account get the same of it: otherwise each sign-in would undo the other's."""
        for account_id in before.keys() & found.keys():
            if before[account_id].x.ineligible != found[account_id].x.ineligible:
                path, others = "$.data.accounts[].x.ineligible", "other periods for another customer"
                self._found(server.LIST_ACCOUNTS, path, others, "the same of the account in each list", "C-X3")

    async def _account(self, account_id: str, listed: ListedAccount | None, repeat: int) -> None:
        may_be_withheld = listed is not None and not listed.is_open
        for _ in range(repeat):
            detail = await self._ask(server.GET_ACCOUNT, account_id)
            for operation in _OF_AN_ACCOUNT:
                await self._ask(operation, account_id, may_be_withheld=may_be_withheld)
        for bills in BILL_OPERATIONS:
            ask = partial(self._ask, may_be_withheld=may_be_withheld)
            await BillsCheck(bills, account_id, ask, self._found).run(self._clock.now())
        if detail is None:
            return
        if detail.accountId.value != account_id:
            self._found(server.GET_ACCOUNT, "$.data.accountId", "another id", "the id of the request", "C-X1")
        if listed is not None:
            for field in ("accountNumber", "displayName", "creationDate", "is_open"):
                if getattr(detail, field) != getattr(listed, field):
                    self._found(server.GET_ACCOUNT, f"$.data.{field}", "another value", "that of listAccounts", "C-X3")
            if [plan.servicePointIds for plan in detail.plans] != [plan.servicePointIds for plan in listed.plans]:
                path = "$.data.plans[].servicePointIds"
                self._found(server.GET_ACCOUNT, path, "other service points", "those of listAccounts", "C-X3")

    async def _balances(self, accounts: list[str], repeat: int) -> None:
        request = AccountSelectionRequest(data=AccountSelection(account_ids=[*accounts, f"unknown-{uuid4().hex}"]))
        for _ in range(repeat):
            found = await self._ask(server.LIST_BALANCES, body=request)
        if found is not None and not {each.accountId.value for each in found.balances} <= set(accounts):
            path = "$.data.balances[].accountId"
            self._found(server.LIST_BALANCES, path, "an id that was not asked for", "ids of the request", "C-X2")

    def _latency(self) -> None:
        """95 % of the responses are in time for the tier of the operation that needs them (C-X8)."""
        for name, times in self._milliseconds.items():
            tier = _TIERS.get(name)
            if tier is None:
                continue
            limit = THRESHOLD_MILLISECONDS[tier] - MARGIN_SECONDS * 1000
            slowest = sorted(times)[ceil(len(times) * 0.95) - 1]
            if slowest > limit:
                found, expected = f"{slowest:.0f} ms", f"95 % within {limit:.0f} ms"
                self.findings.append(ContractFinding(name, "time", found, expected, "C-X8"))

    async def _ask(
        self,
        operation: UpstreamOperation,
        *ids: str,
        query: dict[str, str] | None = None,
        body: msgspec.Struct | None = None,
        may_be_withheld: bool = False,
    ) -> Any:
        """Return the data of a response, or None after a finding."""
        began = time.perf_counter()
        try:
            content = await self._call().ask(operation, *ids, query=query, body=body)
        except UpstreamWithheld as withheld:
            known_balance = operation is server.GET_BALANCE and withheld.reason == "unknown"
            if not (known_balance or (may_be_withheld and withheld.reason == "closed")):
                self._found(operation, "status", withheld.reason, "200", "C-X6")
            return None
        except UpstreamUnavailable as error:
            self._found(operation, "status", str(error), "200", "C-X6")
            return None
        self._milliseconds.setdefault(operation.name, []).append((time.perf_counter() - began) * 1000)
        try:
            return msgspec.json.decode(content, type=operation.answer, dec_hook=read_id).data
        except msgspec.ValidationError as error:
            path, reason = split_validation_message(str(error))
            found = "a value of no enumeration" if reason.startswith("Invalid enum value") else reason
            self._found(operation, path, found, "the type of docs/upstream-openapi.json", "C-X3")
        except _UNREADABLE:
            self._found(operation, "$", "no JSON", "JSON in UTF-8", "C-X3")
        return None

    def _call(self) -> UpstreamCall:
        return self._client.call(self._tenant, seconds=SECONDS_FOR_A_REQUEST)

    def _found(self, operation: UpstreamOperation, path: str, found: str, expected: str, clause: str) -> None:
        """Add a finding, once."""
        finding = ContractFinding(operation.name, path, found, expected, clause)
        if finding not in self.findings:
            self.findings.append(finding)
