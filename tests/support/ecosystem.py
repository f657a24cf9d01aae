"""Data recipients and consumers of both demonstration brands, on the running stack and through its proxy."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx

from haas.clock import MovableClock
from ops.browser.person import Person, ReadCode
from ops.sandbox.recipient.answers import Flow, Tokens
from ops.sandbox.recipient.client import RecipientClient
from ops.sandbox.recipient.holder import Holder
from ops.sandbox.tenants import RESOURCE_PATH
from ops.sandbox.transport import http_client
from ops.smoke.participants import SCOPES, Participants, Recipient
from ops.stack.description import TenantDescription
from tests.support.consents import YEAR

ACCOUNTS = "/energy/accounts"


class Ecosystem:
    """One software product that is a client of both brands, another that is a client of the first, and consumers.

    `mine` and `elsewhere` are the same product at aurora and at banksia; `other` is the other product at aurora.
    """

    def __init__(self, outside: Participants) -> None:
        self.outside, self.control = outside, outside.control
        self.aurora, self.banksia = (
            next(tenant for tenant in outside.description.tenants if tenant.slug == slug)
            for slug in ("aurora", "banksia")
        )
        self.recipient: Recipient
        self.elsewhere: RecipientClient
        self.other: RecipientClient

    @property
    def mine(self) -> RecipientClient:
        return self.recipient.client

    @property
    def accounts_url(self) -> str:
        """Where aurora lists a customer's accounts."""
        return f"{self.aurora.resource_base_uri}{RESOURCE_PATH}{ACCOUNTS}"

    async def populate(self) -> None:
        self.recipient = await self.registered()
        client = self.mine
        self.elsewhere = RecipientClient(
            await Holder.discover(self.banksia.issuer, client.http),
            client.http,
            client.key,
            software_product_id=client.software_product_id,
            redirect_uri=client.redirect_uri,
            resource_base_uri=self.banksia.resource_base_uri,
            clock=self.outside.clock,
        )
        await self.elsewhere.register(await self.control.ssa(self.recipient.product))
        self.other = (await self.registered()).client

    async def registered(self) -> Recipient:
        """Return a new software product that is registered with aurora."""
        recipient = await self.outside.recipient(self.aurora)
        await recipient.client.register(await self.control.ssa(recipient.product))
        return recipient

    async def another_certificate(self) -> httpx.AsyncClient:
        """Return an HTTP client with another certificate of the same software product."""
        certificate = await self.control.certificate(self.recipient.product)
        return self.http((certificate.certificate.encode(), certificate.private_key.encode()))

    def http(self, certificate: tuple[bytes, bytes] | None = None) -> httpx.AsyncClient:
        description = self.outside.description
        return http_client(
            hosts=description.addresses, trusted_roots=Path(description.roots.bundle), certificate=certificate
        )

    def identifier(self, customer: int, tenant: TenantDescription | None = None) -> str:
        return str((tenant or self.aurora).demonstration_customers[customer]["identifier"])

    async def code_reader(self, identifier: str) -> ReadCode:
        """Return a function that reads the next one-time code to `identifier` from the mailbox."""
        seen = await self.control.newest_message()
        return lambda: self.control.code(identifier, seen)

    async def person(self) -> Person:
        return await self.outside.person()

    async def at_review(self, client: RecipientClient, flow: Flow, customer: int, *accounts: str) -> Person:
        """Let a person go through the flow up to the review page."""
        tenant = self.banksia if client is self.elsewhere else self.aurora
        identifier = self.identifier(customer, tenant)
        person = await (await self.person()).open(client.authorisation_url(flow))
        read = await self.code_reader(identifier)
        await person.identify(identifier)
        await person.verify(await read())
        await person.choose_customer()
        if person.step == "accounts":
            await person.choose_accounts(*accounts)
        return person

    async def authorised(self, client: RecipientClient, flow: Flow, customer: int, *accounts: str) -> str:
        """Let a person authorise; return the code of the flow."""
        person = await self.at_review(client, flow, customer, *accounts)
        return await client.read_response(await person.authorise(), flow)

    async def consent(
        self, client: RecipientClient, customer: int, *accounts: str, scope: str = SCOPES, **asked: Any
    ) -> Tokens:
        """Return the tokens of a new consent, for every account unless the ids of some check boxes are given."""
        flow = await client.push(scope, **{"sharing_duration": YEAR, **asked})
        return await client.exchange(await self.authorised(client, flow, customer, *accounts), flow)

    async def signed_in(self, customer: int, tenant: TenantDescription | None = None) -> Person:
        """A person at the dashboard."""
        tenant = tenant or self.aurora
        identifier = self.identifier(customer, tenant)
        person = await self.person()
        return await person.sign_in(tenant.dashboard_url, identifier, await self.code_reader(identifier))

    async def account_ids(self, client: RecipientClient, tokens: Tokens) -> list[str]:
        response = await client.resource(ACCOUNTS, tokens.access_token, version=2)
        assert response.status_code == 200, response.text
        return [account["accountId"] for account in response.json()["data"]["accounts"]]

    async def change(self, recipient: Recipient, **change: Any) -> None:
        """Change a product's status in the Register, or leave it out of the Register's answer."""
        path = f"/software-products/{recipient.product.software_product_id}/status"
        await self.control._ask("PUT", path, json=change)

    @contextmanager
    def later(self, by: timedelta) -> Iterator[None]:
        """Move the clock of every process until the block ends."""
        clock = self.outside.clock
        assert isinstance(clock, MovableClock)
        clock.move(by)
        try:
            yield
        finally:
            clock.move(-by)
