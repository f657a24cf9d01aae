"""The source `upstream`, which reads customers and accounts from the retailer's own server (docs/upstream.md).

The directory, which is in the tenant's schema, says which accounts a customer has. The server is asked for their data.
It filters, and this module filters again; the order, the pages, the versions and the ids are ours (C-X3).
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, Final, NamedTuple
from uuid import UUID, uuid4

import msgspec

from haas.concurrency import all_of
from haas.database import Database
from tenants.accounts import store as accounts
from tenants.accounts.models import DisclosureRefusal, RefusalReason
from tenants.accounts.service import start_of_market_day
from tenants.cds.field_types import copy_fields
from tenants.cds.pagination import Page
from tenants.cds.resource_ids import AccountId
from tenants.cds.tiers import THRESHOLD_MILLISECONDS
from tenants.operations.models import Resource
from tenants.operations.resources import (
    ACCOUNT_DETAIL,
    ACCOUNTS,
    BALANCE,
    BILLING,
    CONCESSIONS,
    CUSTOMER,
    INVOICES,
    PAYMENT_SCHEDULES,
)
from tenants.payloads.customer_detail_v2 import CommonCustomerDetailV2
from tenants.payloads.energy_account_detail_v4 import EnergyAccountDetailV4
from tenants.payloads.energy_account_v2 import EnergyAccountV2
from tenants.payloads.energy_balance_v1 import EnergyAccountBalance, EnergyBalance
from tenants.payloads.energy_concession_v1 import EnergyConcession
from tenants.payloads.energy_payment_schedule_v1 import EnergyPaymentSchedule
from tenants.sources.contract import ReadingTime, ResourceQuery, SourceCall
from tenants.sources.errors import ItemsWithheld, OwnersRefused
from tenants.sources.selection import selected
from tenants.sources.upstream_bills import BillList, page_of
from tenants.sources.upstream_items import listed_items, only_item, refused_accounts, valid_items
from tenants.upstream import operations as server
from tenants.upstream import store
from tenants.upstream.capabilities import KnownCapabilities
from tenants.upstream.client import MARGIN_SECONDS, UpstreamCall, UpstreamClient
from tenants.upstream.eligibility import UpstreamCustomer
from tenants.upstream.errors import UpstreamUnavailable, UpstreamWithheld
from tenants.upstream.messages import (
    MAXIMUM_SELECTED,
    AccountSelection,
    AccountSelectionRequest,
    ListedAccount,
)
from tenants.upstream.models import ConsentParties
from tenants.upstream.refusals import rule_of

logger = logging.getLogger(__name__)

CONCURRENT_REQUESTS: Final = 8
"""How many balances are asked for at the same time if the server has no operation for several of them."""
READ_HERE: Final = frozenset(
    {CUSTOMER, ACCOUNTS, ACCOUNT_DETAIL, PAYMENT_SCHEDULES, CONCESSIONS, BALANCE, INVOICES, BILLING}
)
"""The resources that the retailer's server gives."""


class UpstreamParts(NamedTuple):
    """What the source needs of the process."""

    client: UpstreamClient
    capabilities: KnownCapabilities
    database: Database


class UpstreamSource:
    """Reads the resources of customers and accounts for one call. Its requests share the time limit of the call."""

    def __init__(self, call: SourceCall, parts: UpstreamParts) -> None:
        """Read for a call. Nothing is sent before `read`."""
        self._call = call
        self._parts = parts
        self._references: dict[UUID, str] = {}
        self._parties: ConsentParties | None = None
        self._refused: dict[UUID, RefusalReason | None] = {}
        """The accounts that the server has refused to disclose during the call."""

    def reads(self, _: Resource) -> ReadingTime:
        """Return "elsewhere": the retailer's server is asked. See `DataSource.reads`."""
        return "elsewhere"

    async def prepare(self, query: ResourceQuery) -> None:
        """Read the retailer's references of the customer and the accounts. See `DataSource.prepare`."""
        if self._call.arrangement_id is not None:
            self._parties = await store.parties_of(self._call.tx, self._call.arrangement_id)
        if query.resource.belongs_to == "account" and query.resource is not ACCOUNTS:
            self._references = await store.account_references(self._call.tx, query.owners)

    async def read(self, query: ResourceQuery) -> Page[Any]:
        """Return the items that fulfil the query. See `DataSource.read`.

        Raises ItemsWithheld if the only owner is not known to the server, or is withheld by it; OwnersRefused if the
        server refuses owners that a body names; UpstreamUnavailable or one of its subclasses if there is no answer that
        can be used.
        """
        asked = self._parts.client.call(
            self._call.tenant,
            seconds=THRESHOLD_MILLISECONDS[self._call.tier] / 1000 - MARGIN_SECONDS,
            interaction_id=self._call.interaction_id,
            arrangement_id=self._call.arrangement_id,
            customer_present=self._call.customer_present,
        )
        readers: Mapping[Resource, Callable[[UpstreamCall, ResourceQuery], Awaitable[Page[Any]]]] = {
            CUSTOMER: self._customer,
            ACCOUNTS: self._accounts,
            ACCOUNT_DETAIL: self._account_detail,
            PAYMENT_SCHEDULES: self._payment_schedules,
            CONCESSIONS: self._concessions,
            BALANCE: self._balances,
            INVOICES: self._bills,
            BILLING: self._bills,
        }
        found = await readers[query.resource](asked, query)
        if query.named_in_body and self._refused:
            raise OwnersRefused(f"{query.resource.name}: {len(self._refused)} accounts are refused", self._refused)
        return found

    async def _customer(self, asked: UpstreamCall, query: ResourceQuery) -> Page[Any]:
        if self._parties is None:
            return Page([], 0)
        try:
            body = await asked.ask(server.GET_CUSTOMER, self._parties.customer)
        except UpstreamWithheld as withheld:
            raise await self._withheld(withheld, None) from None
        found = only_item(server.GET_CUSTOMER.name, body)
        customers = valid_items(query.resource, UpstreamCustomer, found)
        return Page([copy_fields(each, CommonCustomerDetailV2) for each in customers], 1)

    async def _accounts(self, asked: UpstreamCall, query: ResourceQuery) -> Page[Any]:
        if self._parties is None or not query.owners:
            return Page([], 0)
        try:
            body = await asked.ask(server.LIST_ACCOUNTS, self._parties.customer)
        except UpstreamWithheld as withheld:
            raise await self._withheld(withheld, None) from None
        named = {str(owner) for owner in query.owners}
        listed = valid_items(
            query.resource, ListedAccount, listed_items(server.LIST_ACCOUNTS.name, body, query.resource.list_name)
        )
        found = {each.accountId.value: _disclosed(each) for each in listed if each.accountId.value in named}
        return selected(query, found.values(), lambda account: account.accountId.value)

    async def _account_detail(self, asked: UpstreamCall, query: ResourceQuery) -> Page[Any]:
        owner, body = await self._of_only_account(asked, server.GET_ACCOUNT, query)
        found = valid_items(query.resource, EnergyAccountDetailV4, only_item(server.GET_ACCOUNT.name, body))
        for account in found:
            if account.accountId.value != str(owner):
                logger.error("upstream.other_object", extra={"operation": server.GET_ACCOUNT.name})
                raise UpstreamUnavailable("the server has answered with another account")
        return Page([msgspec.structs.replace(each, openStatus=each.openStatus or "OPEN") for each in found], 1)

    async def _payment_schedules(self, asked: UpstreamCall, query: ResourceQuery) -> Page[Any]:
        return await self._list_of_only_account(asked, server.GET_PAYMENT_SCHEDULE, query, EnergyPaymentSchedule)

    async def _concessions(self, asked: UpstreamCall, query: ResourceQuery) -> Page[Any]:
        return await self._list_of_only_account(asked, server.GET_CONCESSIONS, query, EnergyConcession)

    async def _balances(self, asked: UpstreamCall, query: ResourceQuery) -> Page[Any]:
        if query.page is None:
            owner, body = await self._of_only_account(asked, server.GET_BALANCE, query)
            return Page(self._balance_of(owner, body), 1)
        if (await self._parts.capabilities.of(self._call.tenant, asked)).balances:
            found = await self._listed_balances(asked, query)
        else:
            found = await self._single_balances(asked, query.owners)
        return selected(query, found, lambda balance: balance.accountId.value)

    async def _bills(self, asked: UpstreamCall, query: ResourceQuery) -> Page[Any]:
        """Return a page of invoices or transactions, which the server has in a list for each account."""
        lists = [BillList(asked, query, *each) for each in self._references.items()]
        if len(query.owners) == 1 and not query.named_in_body:
            [owner] = query.owners
            try:
                return await page_of(query, lists, CONCURRENT_REQUESTS)
            except UpstreamWithheld as withheld:
                raise await self._withheld(withheld, owner) from None
        return await page_of(query, lists, CONCURRENT_REQUESTS, self._record)

    async def _listed_balances(self, asked: UpstreamCall, query: ResourceQuery) -> list[EnergyAccountBalance]:
        references = list(self._references.values())
        requests = [
            AccountSelectionRequest(data=AccountSelection(account_ids=references[first : first + MAXIMUM_SELECTED]))
            for first in range(0, len(references), MAXIMUM_SELECTED)
        ]
        bodies = await all_of(asked.ask(server.LIST_BALANCES, body=request) for request in requests)
        for body in bodies:
            await self._record_refused(refused_accounts(server.LIST_BALANCES.name, body))
        named = {str(owner) for owner in query.owners}
        found = [
            balance
            for body in bodies
            for balance in valid_items(
                query.resource,
                EnergyAccountBalance,
                listed_items(server.LIST_BALANCES.name, body, query.resource.list_name),
            )
        ]
        # An account that the server gives twice is disclosed once.
        return list({each.accountId.value: each for each in found if each.accountId.value in named}.values())

    async def _single_balances(self, asked: UpstreamCall, owners: Sequence[UUID]) -> list[EnergyAccountBalance]:
        slots = asyncio.Semaphore(CONCURRENT_REQUESTS)

        async def one(owner: UUID) -> list[EnergyAccountBalance]:
            async with slots:
                try:
                    body = await asked.ask(server.GET_BALANCE, self._references[owner])
                except UpstreamWithheld as withheld:
                    await self._record(withheld, owner)
                    return []
                return self._balance_of(owner, body)

        found = await all_of(one(owner) for owner in owners if owner in self._references)
        return [balance for balances in found for balance in balances]

    async def _record_refused(self, refused: Mapping[str, str | None]) -> None:
        """Record the accounts that a response says are refused, if they were asked for."""
        for owner, reference in self._references.items():
            if reference in refused:
                withheld = UpstreamWithheld(server.LIST_BALANCES.name, "refused", refused[reference])
                await self._record(withheld, owner)

    def _balance_of(self, owner: UUID, body: bytes) -> list[EnergyAccountBalance]:
        found = valid_items(BALANCE, EnergyBalance, only_item(server.GET_BALANCE.name, body))
        return [EnergyAccountBalance(accountId=AccountId(str(owner)), balance=each.balance) for each in found]

    async def _list_of_only_account(
        self, asked: UpstreamCall, operation: server.UpstreamOperation, query: ResourceQuery, kind: type[Any]
    ) -> Page[Any]:
        _, body = await self._of_only_account(asked, operation, query)
        items = listed_items(operation.name, body, query.resource.list_name)
        return selected(query, valid_items(query.resource, kind, items))

    async def _of_only_account(
        self, asked: UpstreamCall, operation: server.UpstreamOperation, query: ResourceQuery
    ) -> tuple[UUID, bytes]:
        """Return the only account of a query, and what the server answers for it. Raises ItemsWithheld."""
        [owner] = query.owners
        reference = self._references.get(owner)
        if reference is None:
            raise ItemsWithheld(f"{operation.name}: the directory has no such account any more")
        try:
            return owner, await asked.ask(operation, reference)
        except UpstreamWithheld as withheld:
            raise await self._withheld(withheld, owner) from None

    async def _withheld(self, withheld: UpstreamWithheld, account_id: UUID | None) -> ItemsWithheld:
        """Record what the server withholds, and return the error for it. None: the customer is withheld."""
        await self._record(withheld, account_id)
        rule = rule_of(withheld.code)
        return ItemsWithheld(str(withheld), None if rule is None else rule.reason, of_customer=account_id is None)

    async def _record(self, withheld: UpstreamWithheld, account_id: UUID | None) -> None:
        """Record a refusal of the retailer, once a day for the same reason (CDR Rules 9.4; C-E15)."""
        if withheld.reason != "refused":
            return
        rule = rule_of(withheld.code)
        if account_id is not None:
            self._refused[account_id] = None if rule is None else rule.reason
        if rule is None:
            logger.error("upstream.unknown_refusal_reason", extra={"problem": str(withheld)[:200]})
            return
        self._call.refused(rule.reason)
        parties, now = self._parties, self._call.now
        made = DisclosureRefusal(
            id=uuid4(),
            customer_id=None if parties is None else parties.customer_id,
            account_id=account_id,
            recipient_id=None if parties is None else parties.recipient_id,
            reason=rule.reason,
            rule=rule.rule,
            refused_by="upstream",
            since=now,
            # The server decides again at each request: the row is a record, and withholds nothing itself.
            until=now + now.resolution,
        )
        async with self._parts.database.transaction(self._call.tenant.namespace) as tx:
            if not await store.was_refused_since(tx, made, start_of_market_day(now)):
                await accounts.insert_decision(tx, made)


def _disclosed(account: ListedAccount) -> EnergyAccountV2:
    """Return an account of a list as it is disclosed. `openStatus` has its default, as in the store."""
    return EnergyAccountV2(
        accountId=account.accountId,
        accountNumber=account.accountNumber,
        displayName=account.displayName,
        openStatus=account.openStatus or "OPEN",
        creationDate=account.creationDate,
        plans=account.plans,
    )
