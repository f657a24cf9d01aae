"""Sharing of a person's data with the recipient: from the choice of a brand to the data and the end of the sharing."""

import asyncio
import hashlib
from collections.abc import Callable, Iterable
from datetime import UTC, date, datetime, timedelta
from typing import NamedTuple

import msgspec

from haas.clock import Clock
from haas.errors import HaasError
from ops.sandbox.jose import SigningKey
from ops.sandbox.recipient.answers import Refused, Tokens
from ops.sandbox.recipient.choices import ALWAYS_REQUESTED
from ops.sandbox.recipient.client import RecipientClient
from ops.sandbox.recipient.data import USAGE_SCOPE, fetch_data
from ops.sandbox.recipient.holder import HolderError
from ops.sandbox.recipient.reading import Reader
from ops.sandbox.recipient.records import Arrangement, Fetched, PendingFlow, ended
from ops.sandbox.recipient.register_api import HolderBrand, RegisterApiClient
from ops.sandbox.recipient.registration import ClientRegistration
from ops.sandbox.recipient.store import RecipientCollections, registration_key
from ops.sandbox.recipient.usage import add_day, fetch_periods, newest_read_day, requested_days
from ops.sandbox.register.models import SoftwareProduct

_REFRESH_BEFORE_EXPIRY = timedelta(seconds=20)
_DISCOVERIES_AT_ONCE = 8


class UnknownReference(HaasError):
    """The request refers to a brand, flow or arrangement that does not exist here."""


class NotSupported(HaasError):
    """The data holder supports none of the chosen scopes."""


class UsageAnswer(NamedTuple):
    """An arrangement with its usage, and the answers of the holder if it was asked, including errors."""

    arrangement: Arrangement
    answers: list[Fetched]


class Sharing:
    """The actions of the recipient's own software product for a person who uses its pages."""

    def __init__(
        self,
        collections: RecipientCollections,
        registration: ClientRegistration,
        register: RegisterApiClient,
        *,
        product: SoftwareProduct,
        key: SigningKey,
        clock: Clock,
    ) -> None:
        """Act as `product` and sign with `key`."""
        self._collections = collections
        self._registration = registration
        self._register = register
        self._product = product
        self._key = key
        self._clock = clock
        self._registering = asyncio.Lock()

    def now(self) -> datetime:
        """Return the time of the sandbox's clock."""
        return self._clock.now()

    async def brands(self) -> list[HolderBrand]:
        """Return the data holder brands, sorted by name. Raises RegisterUnavailable."""
        return sorted(await self._register.holder_brands(), key=lambda brand: brand.name)

    async def supported_scopes(self, brands: Iterable[HolderBrand]) -> frozenset[str]:
        """Return the scopes that at least one of the brands supports, as their discovery documents say.

        A brand whose document cannot be read has none.
        """
        slots = asyncio.Semaphore(_DISCOVERIES_AT_ONCE)

        async def supported(brand: HolderBrand) -> frozenset[str]:
            async with slots:
                try:
                    client = await self._registration.client(self._product, brand, self._key)
                except HolderError:
                    return frozenset()
            return client.holder.metadata.scopes_supported

        return frozenset().union(*await asyncio.gather(*map(supported, brands)))

    async def start(self, brand_id: str, scopes: Iterable[str], sharing_duration: int, browser: str) -> str:
        """Push an authorisation request and return the URL to which the browser is redirected.

        Only the scopes that the brand supports are requested: holders support different scopes (OIDC Discovery 3,
        scopes_supported). Raises UnknownReference, NotSupported, RegisterUnavailable, HolderError and Refused.
        """
        return await self._start(await self._brand(brand_id), scopes, sharing_duration, browser)

    async def change(self, arrangement_id: str, sharing_duration: int, browser: str) -> str:
        """Push a request that amends an arrangement and return the URL to which the browser is redirected.

        The scopes stay the same. Raises UnknownReference, also if the sharing has ended, and what `start` raises.
        """
        arrangement = await self.arrangement(arrangement_id)
        if arrangement.ended_at is not None:
            raise UnknownReference("this sharing has ended")
        brand = await self._brand(arrangement.data_holder_brand_id)
        scopes = [scope for scope in arrangement.scope.split() if scope not in ALWAYS_REQUESTED.split()]
        return await self._start(brand, scopes, sharing_duration, browser, amends=arrangement_id)

    async def _start(
        self, brand: HolderBrand, scopes: Iterable[str], sharing_duration: int, browser: str, amends: str | None = None
    ) -> str:
        client = await self._registered(brand)
        supported = [scope for scope in scopes if scope in client.holder.metadata.scopes_supported]
        if not supported:
            raise NotSupported(f"{brand.name} supports none of the chosen scopes")
        scope = " ".join((ALWAYS_REQUESTED, *supported))
        try:
            async with self._registering:
                await self._registration.add_new_scopes(client, self._product, brand, self._ssa)
            flow = await client.push(scope, sharing_duration=sharing_duration, cdr_arrangement_id=amends)
        except Refused as refusal:
            if refusal.error != "invalid_client":
                raise
            # The brand does not know the client any more, for example after `haas up --fresh`: register again.
            await self._collections.registrations.remove(registration_key(self._product.software_product_id, brand.id))
            client = await self._registered(brand)
            flow = await client.push(scope, sharing_duration=sharing_duration, cdr_arrangement_id=amends)
        pending = PendingFlow(
            flow=flow,
            data_holder_brand_id=brand.id,
            brand_name=brand.name,
            scope=scope,
            sharing_duration=sharing_duration,
            browser=_digest(browser),
        )
        await self._collections.flows.put(str(flow.state), pending)
        return client.authorisation_url(flow)

    async def finish(self, state: str, response: str, browser: str) -> Arrangement:
        """Process an authorisation response: exchange its code, fetch the data, and return the arrangement.

        Raises UnknownReference, AuthorisationRefused, HolderError, Refused and RegisterUnavailable.
        """
        pending = await self._collections.flows.get(state)
        if pending is None or pending.browser != _digest(browser):
            raise UnknownReference("the response belongs to no request of this browser")
        brand = await self._brand(pending.data_holder_brand_id)
        client = await self._registered(brand)
        await self._collections.flows.remove(state)
        code = await client.read_response(response, pending.flow)
        tokens = await client.exchange(code, pending.flow)
        arrangement = await self._arrangement(client, pending, tokens)
        await self._collections.arrangements.put(arrangement.cdr_arrangement_id, arrangement)
        return await self._fetch(client, arrangement)

    async def arrangements(self) -> list[Arrangement]:
        """Return every arrangement: first the current ones, then the ended ones, each from the newest to the oldest."""
        newest_first = reversed(await self._collections.arrangements.all())
        return sorted(newest_first, key=lambda arrangement: arrangement.ended_at is not None)

    async def arrangement(self, arrangement_id: str) -> Arrangement:
        """Return one arrangement. Raises UnknownReference."""
        arrangement = await self._collections.arrangements.get(arrangement_id)
        if arrangement is None:
            raise UnknownReference("no such arrangement")
        return arrangement

    async def fetch(self, arrangement_id: str) -> Arrangement:
        """Fetch the data again. First refresh the access token if it has expired or expires soon.

        Raises UnknownReference, HolderError, Refused and RegisterUnavailable.
        """
        arrangement = await self.arrangement(arrangement_id)
        if arrangement.ended_at is not None:
            return arrangement
        client, arrangement = await self._with_token(arrangement)
        return await self._fetch(client, arrangement)

    async def usage(self, arrangement_id: str, day: date | None = None) -> UsageAnswer:
        """Return the arrangement with its usage and the half hours of `day`, by default of the latest day with reads.

        What is stored is not requested again until there is a new day of reads, or until the data is fetched again.
        Raises UnknownReference, HolderError, Refused and RegisterUnavailable.
        """
        arrangement = await self.arrangement(arrangement_id)
        if arrangement.ended_at is not None or USAGE_SCOPE not in arrangement.scope.split():
            return UsageAnswer(arrangement, [])
        now, answers, reader = self._clock.now(), list[Fetched](), None
        usage = arrangement.usage
        if usage is None or (usage.oldest, usage.newest) != requested_days(now):
            reader, arrangement = await self._reader(arrangement)
            usage, answer = await fetch_periods(reader, now)
            answers.append(answer)
        day = None if usage is None else day or newest_read_day(usage)
        if usage is not None and day is not None and day.isoformat() not in usage.days:
            if reader is None:
                reader, arrangement = await self._reader(arrangement)
            usage, answer = await add_day(reader, usage, day)
            answers.append(answer)
        return UsageAnswer(await self._update(arrangement, usage=usage) if answers else arrangement, answers)

    async def revoke(self, arrangement_id: str) -> Arrangement:
        """End an arrangement at the recipient and notify the data holder.

        Raises UnknownReference, HolderError, Refused and RegisterUnavailable.
        """
        arrangement = await self.arrangement(arrangement_id)
        client = await self._registered(await self._brand(arrangement.data_holder_brand_id))
        await client.revoke_arrangement(arrangement_id)
        return await self._changed(arrangement, lambda current: ended(current, "recipient", self._clock.now()))

    async def _fetch(self, client: RecipientClient, arrangement: Arrangement) -> Arrangement:
        data = await fetch_data(client, arrangement.access_token, arrangement.scope)
        return await self._update(arrangement, fetched=data, fetched_at=self._clock.now(), usage=None)

    async def _reader(self, arrangement: Arrangement) -> tuple[Reader, Arrangement]:
        client, arrangement = await self._with_token(arrangement)
        return Reader(client, arrangement.access_token), arrangement

    async def _with_token(self, arrangement: Arrangement) -> tuple[RecipientClient, Arrangement]:
        """Return the client of the arrangement's brand, and the arrangement with an access token that is not expired.

        An arrangement without a refresh token keeps its access token.
        """
        client = await self._registered(await self._brand(arrangement.data_holder_brand_id))
        if (
            arrangement.refresh_token is not None
            and self._clock.now() + _REFRESH_BEFORE_EXPIRY > arrangement.access_token_ends_at
        ):
            tokens = await client.refresh(arrangement.refresh_token)
            arrangement = await self._update(
                arrangement,
                access_token=tokens.access_token,
                access_token_ends_at=self._clock.now() + timedelta(seconds=tokens.expires_in),
            )
        return client, arrangement

    async def _update(self, arrangement: Arrangement, **changes: object) -> Arrangement:
        """Change an arrangement. One that ended in the meantime is not changed: its data has been deleted."""
        return await self._changed(
            arrangement,
            lambda current: current if current.ended_at else msgspec.structs.replace(current, **changes),
        )

    async def _changed(self, arrangement: Arrangement, change: Callable[[Arrangement], Arrangement]) -> Arrangement:
        return await self._collections.arrangements.change(arrangement.cdr_arrangement_id, change) or arrangement

    async def _arrangement(self, client: RecipientClient, pending: PendingFlow, tokens: Tokens) -> Arrangement:
        ends_at: datetime | None = None
        if tokens.refresh_token is not None:
            introspection = await client.introspect(tokens.refresh_token)
            ends_at = None if introspection.exp is None else datetime.fromtimestamp(introspection.exp, UTC)
        now = self._clock.now()
        amended = await self._collections.arrangements.get(str(tokens.cdr_arrangement_id))
        return Arrangement(
            cdr_arrangement_id=str(tokens.cdr_arrangement_id),
            data_holder_brand_id=pending.data_holder_brand_id,
            brand_name=pending.brand_name,
            scope=tokens.scope or pending.scope,
            subject=str(tokens.id_claims.get("sub", "")),
            acr=str(tokens.id_claims.get("acr", "")),
            established_at=now if amended is None else amended.established_at,
            access_token=tokens.access_token,
            access_token_ends_at=now + timedelta(seconds=tokens.expires_in),
            refresh_token=tokens.refresh_token,
            sharing_ends_at=ends_at,
        )

    async def _brand(self, brand_id: str) -> HolderBrand:
        for brand in await self._register.holder_brands():
            if brand.id == brand_id:
                return brand
        raise UnknownReference("no such data holder brand")

    async def _registered(self, brand: HolderBrand) -> RecipientClient:
        async with self._registering:
            client = await self._registration.client(self._product, brand, self._key)
            if not client.client_id:
                await self._registration.register(
                    client, brand, await self._ssa(), redirect_uris=self._product.redirect_uris
                )
            return client

    async def _ssa(self) -> str:
        return await self._register.ssa(self._product.data_recipient_brand_id)


def _digest(browser: str) -> str:
    return hashlib.sha256(browser.encode()).hexdigest()
