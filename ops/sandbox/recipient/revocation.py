"""The data recipient's CDR arrangement revocation endpoint, which data holders call."""

import uuid
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import msgspec

from haas.clock import Clock
from haas.errors import HaasError
from haas.jose import JoseError, PublicKeys, check_times, read_unverified, verify
from ops.sandbox.arrivals import Arrivals
from ops.sandbox.keys import KeysUnavailable, PublishedKeys
from ops.sandbox.once import Once
from ops.sandbox.recipient.books import Books
from ops.sandbox.recipient.records import HostedProduct, Notice, ended
from ops.sandbox.register.models import DataHolderBrand
from ops.sandbox.register.service import Register

_LONGEST = timedelta(hours=1)


class NoticeRefused(HaasError):
    """The holder's message is not trusted: 401."""


class UnknownArrangement(HaasError):
    """The arrangement is not one of this recipient with this holder: 422."""


class EndpointFails(HaasError):
    """The endpoint was told to fail, so that the holder's retries can be seen."""

    def __init__(self, status: int) -> None:
        """Fail with `status`."""
        self.status = status
        super().__init__(f"told to answer {status}")


class RevocationEndpoint:
    """Receives a holder's notices for the products that the sandbox hosts."""

    def __init__(
        self,
        books: Books,
        register: Register,
        *,
        keys: PublishedKeys,
        once: Once,
        clock: Clock,
        arrived: Arrivals,
    ) -> None:
        """Record in `books`; holders are those that `register` lists; `arrived` wakes who waits for a notice."""
        self._books = books
        self._register = register
        self._keys = keys
        self._once = once
        self._clock = clock
        self._arrived = arrived

    async def receive(self, product_id: str, address: str, authorization: str | None, form: Mapping[str, str]) -> None:
        """Take a notice posted to `address`; it is recorded when this returns.

        Raises EndpointFails, NoticeRefused, UnknownArrangement.
        """
        hosted = await self._failing_now(product_id)
        holder, keys = await self._authenticated(authorization, address)
        arrangement_id = await self._arrangement_id(form, holder.data_holder_brand_id, keys, address)
        await self._end(arrangement_id, holder.data_holder_brand_id, strict=hosted.strict)
        notice = Notice(
            software_product_id=product_id,
            data_holder_brand_id=holder.data_holder_brand_id,
            cdr_arrangement_id=arrangement_id,
            received_at=self._clock.now(),
        )
        await self._books.notices.put(str(uuid.uuid4()), notice)
        await self._arrived.send()

    async def _failing_now(self, product_id: str) -> HostedProduct:
        hosted = await self._books.hosted.get(product_id)
        if hosted is None:
            raise NoticeRefused("no such software product")
        if hosted.failures > 0:
            await self._books.hosted.change(product_id, _one_failure_less)
            raise EndpointFails(hosted.failure_status)
        return hosted

    async def _authenticated(self, authorization: str | None, address: str) -> tuple[DataHolderBrand, PublicKeys]:
        """Check the bearer JWT (CDS, Self-signed JWT Client Authentication; Data Holders calling Data Recipients)."""
        scheme, _, token = (authorization or "").partition(" ")
        if scheme.lower() != "bearer":
            raise NoticeRefused("no bearer token")
        try:
            claimed = read_unverified(token)
            holder = await self._holder(claimed.claims.get("iss"))
            kid = claimed.header.get("kid")
            keys = await self._keys.at(holder.jwks_endpoint, kid if isinstance(kid, str) else None)
            claims = verify(token, keys).claims
            check_times(claims, self._clock.now(), longest=_LONGEST)
        except (JoseError, KeysUnavailable) as error:
            raise NoticeRefused(f"the bearer token: {error}") from error
        await self._check_identity(claims, holder.data_holder_brand_id, address, "bearer")
        return holder, keys

    async def _arrangement_id(self, form: Mapping[str, str], holder_id: str, keys: PublicKeys, address: str) -> str:
        """Read `cdr_arrangement_jwt` (CDS, CDR Arrangement JWT method); what it claims of its sender must hold."""
        try:
            claims = verify(form.get("cdr_arrangement_jwt", ""), keys).claims
            if "exp" in claims:
                check_times(claims, self._clock.now(), longest=_LONGEST)
        except JoseError as error:
            raise NoticeRefused(f"cdr_arrangement_jwt: {error}") from error
        if {"iss", "sub", "aud", "jti"} & set(claims):
            await self._check_identity(claims, holder_id, address, "arrangement")
        arrangement_id = claims.get("cdr_arrangement_id")
        if not isinstance(arrangement_id, str) or not 0 < len(arrangement_id) <= 100:  # noqa: PLR2004 - far above any id
            raise UnknownArrangement("cdr_arrangement_jwt carries no cdr_arrangement_id")
        if form.get("cdr_arrangement_id", arrangement_id) != arrangement_id:
            raise UnknownArrangement("the form names another arrangement than the JWT")
        return arrangement_id

    async def _check_identity(self, claims: Mapping[str, Any], holder_id: str, address: str, use: str) -> None:
        if claims.get("iss") != holder_id or claims.get("sub") != holder_id:
            raise NoticeRefused("iss and sub are the data holder brand id")
        audience = claims.get("aud")
        if address not in (audience if isinstance(audience, list) else [audience]):
            raise NoticeRefused(f"aud is {address}")
        jti = claims.get("jti")
        if not isinstance(jti, str) or not jti or not await self._once.spend(f"{use}:{holder_id}:{jti}"):
            raise NoticeRefused("jti is missing or was used before")

    async def _holder(self, brand_id: object) -> DataHolderBrand:
        for brand in await self._register.holder_brands():
            if brand.data_holder_brand_id == brand_id:
                return brand
        raise NoticeRefused("iss is no data holder brand of the Register")

    async def _end(self, arrangement_id: str, holder_id: str, *, strict: bool) -> None:
        arrangement = await self._books.arrangements.get(arrangement_id)
        if arrangement is not None and arrangement.data_holder_brand_id == holder_id:
            await self._books.arrangements.change(
                arrangement_id, lambda current: ended(current, "holder", self._clock.now())
            )
        elif strict or arrangement is not None:
            raise UnknownArrangement("no arrangement of this recipient with this data holder")


def _one_failure_less(hosted: HostedProduct) -> HostedProduct:
    return msgspec.structs.replace(hosted, failures=max(0, hosted.failures - 1))
