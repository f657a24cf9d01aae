"""A person shares data with the recipient: from the choice of a brand to the data, and to the end of it."""

import asyncio
import hashlib
from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta

import msgspec

from haas.clock import Clock
from haas.errors import HaasError
from haas.jose import SigningKey
from ops.sandbox.recipient.answers import Refused, Tokens
from ops.sandbox.recipient.books import Books, at_brand
from ops.sandbox.recipient.client import RecipientClient
from ops.sandbox.recipient.clusters import ALWAYS
from ops.sandbox.recipient.fetching import fetched
from ops.sandbox.recipient.records import Arrangement, PendingFlow, ended
from ops.sandbox.recipient.register_client import HolderBrand, RegisterClient
from ops.sandbox.recipient.registrar import Registrar
from ops.sandbox.register.models import SoftwareProduct

_EARLY = timedelta(seconds=20)


class Lost(HaasError):
    """What the person's browser asks about is not here: an unknown brand, flow or arrangement."""


class Sharing:
    """The recipient's own software product, as its page for a person uses it."""

    def __init__(
        self,
        books: Books,
        registrar: Registrar,
        register: RegisterClient,
        *,
        product: SoftwareProduct,
        key: SigningKey,
        clock: Clock,
    ) -> None:
        """Act as `product`, which signs with `key`."""
        self._books = books
        self._registrar = registrar
        self._register = register
        self._product = product
        self._key = key
        self._clock = clock
        self._registering = asyncio.Lock()

    async def brands(self) -> list[HolderBrand]:
        """Return the brands to choose from. Raises RegisterUnavailable."""
        return sorted(await self._register.holder_brands(), key=lambda brand: brand.name)

    async def start(self, brand_id: str, scopes: Iterable[str], sharing_duration: int, browser: str) -> str:
        """Push an authorisation request, and return where to send the browser.

        Raises Lost, RegisterUnavailable, HolderError and Refused.
        """
        brand = await self._brand(brand_id)
        client = await self._registered(brand)
        scope = " ".join((ALWAYS, *scopes))
        try:
            flow = await client.push(scope, sharing_duration=sharing_duration)
        except Refused as refusal:
            if refusal.error != "invalid_client":
                raise
            # The brand no longer knows the client: it started over. So does its registration.
            await self._books.registrations.remove(at_brand(self._product.software_product_id, brand.id))
            client = await self._registered(brand)
            flow = await client.push(scope, sharing_duration=sharing_duration)
        pending = PendingFlow(
            flow=flow,
            data_holder_brand_id=brand.id,
            brand_name=brand.name,
            scope=scope,
            sharing_duration=sharing_duration,
            browser=_digest(browser),
        )
        await self._books.flows.put(str(flow.state), pending)
        return client.authorisation_url(flow)

    async def finish(self, state: str, response: str, browser: str) -> Arrangement:
        """Take an authorisation response, exchange its code, fetch the data; return the arrangement.

        Raises Lost, AuthorisationRefused, HolderError, Refused and RegisterUnavailable.
        """
        pending = await self._books.flows.get(state)
        if pending is None or pending.browser != _digest(browser):
            raise Lost("this answer belongs to no request of this browser")
        brand = await self._brand(pending.data_holder_brand_id)
        client = await self._registered(brand)
        await self._books.flows.remove(state)
        code = await client.read_response(response, pending.flow)
        tokens = await client.exchange(code, pending.flow)
        arrangement = await self._arrangement(client, pending, tokens)
        await self._books.arrangements.put(arrangement.cdr_arrangement_id, arrangement)
        return await self._fetch(client, arrangement)

    async def arrangements(self) -> list[Arrangement]:
        """Return every arrangement held, those that go on first, the newest first among them."""
        newest_first = reversed(await self._books.arrangements.all())
        return sorted(newest_first, key=lambda arrangement: arrangement.ended_at is not None)

    async def arrangement(self, arrangement_id: str) -> Arrangement:
        """Return one arrangement. Raises Lost."""
        arrangement = await self._books.arrangements.get(arrangement_id)
        if arrangement is None:
            raise Lost("no such arrangement")
        return arrangement

    async def fetch(self, arrangement_id: str) -> Arrangement:
        """Fetch the data again, with a fresh access token where the last one is over.

        Raises Lost, HolderError, Refused and RegisterUnavailable.
        """
        arrangement = await self.arrangement(arrangement_id)
        if arrangement.ended_at is not None:
            return arrangement
        client = await self._registered(await self._brand(arrangement.data_holder_brand_id))
        if arrangement.refresh_token is not None and self._clock.now() + _EARLY > arrangement.access_token_ends_at:
            tokens = await client.refresh(arrangement.refresh_token)
            arrangement = await self._keep(
                arrangement,
                access_token=tokens.access_token,
                access_token_ends_at=self._clock.now() + timedelta(seconds=tokens.expires_in),
            )
        return await self._fetch(client, arrangement)

    async def revoke(self, arrangement_id: str) -> Arrangement:
        """End an arrangement from the recipient's side. Raises Lost, HolderError, Refused and RegisterUnavailable."""
        arrangement = await self.arrangement(arrangement_id)
        client = await self._registered(await self._brand(arrangement.data_holder_brand_id))
        await client.revoke_arrangement(arrangement_id)
        return await self._changed(arrangement, lambda current: ended(current, "recipient", self._clock.now()))

    async def _fetch(self, client: RecipientClient, arrangement: Arrangement) -> Arrangement:
        data = await fetched(client, arrangement.access_token, arrangement.scope)
        return await self._keep(arrangement, fetched=data, fetched_at=self._clock.now())

    async def _keep(self, arrangement: Arrangement, **changes: object) -> Arrangement:
        return await self._changed(arrangement, lambda current: msgspec.structs.replace(current, **changes))

    async def _changed(self, arrangement: Arrangement, change: Callable[[Arrangement], Arrangement]) -> Arrangement:
        return await self._books.arrangements.change(arrangement.cdr_arrangement_id, change) or arrangement

    async def _arrangement(self, client: RecipientClient, pending: PendingFlow, tokens: Tokens) -> Arrangement:
        ends_at: datetime | None = None
        if tokens.refresh_token is not None:
            introspection = await client.introspect(tokens.refresh_token)
            ends_at = None if introspection.exp is None else datetime.fromtimestamp(introspection.exp, UTC)
        now = self._clock.now()
        return Arrangement(
            cdr_arrangement_id=str(tokens.cdr_arrangement_id),
            data_holder_brand_id=pending.data_holder_brand_id,
            brand_name=pending.brand_name,
            scope=tokens.scope or pending.scope,
            subject=str(tokens.id_claims.get("sub", "")),
            acr=str(tokens.id_claims.get("acr", "")),
            established_at=now,
            access_token=tokens.access_token,
            access_token_ends_at=now + timedelta(seconds=tokens.expires_in),
            refresh_token=tokens.refresh_token,
            sharing_ends_at=ends_at,
        )

    async def _brand(self, brand_id: str) -> HolderBrand:
        for brand in await self._register.holder_brands():
            if brand.id == brand_id:
                return brand
        raise Lost("no such data holder brand")

    async def _registered(self, brand: HolderBrand) -> RecipientClient:
        async with self._registering:
            client = await self._registrar.client(self._product, brand, self._key)
            if not client.client_id:
                ssa = await self._register.ssa(self._product.data_recipient_brand_id)
                await self._registrar.register(client, brand, ssa, redirect_uris=self._product.redirect_uris)
            return client


def _digest(browser: str) -> str:
    return hashlib.sha256(browser.encode()).hexdigest()
