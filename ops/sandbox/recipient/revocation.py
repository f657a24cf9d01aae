"""The CDR arrangement revocation endpoint of a data recipient, which data holders call."""

import uuid
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import msgspec

from haas.clock import Clock
from haas.errors import HaasError
from ops.sandbox.events import Events
from ops.sandbox.jose import JoseError, PublicKeys, check_times, read_unverified, verify
from ops.sandbox.published_keys import KeysUnavailable, PublishedKeys
from ops.sandbox.recipient.records import HostedProduct, Notice, ended
from ops.sandbox.recipient.store import RecipientCollections
from ops.sandbox.register.models import DataHolderBrand
from ops.sandbox.register.service import Register
from ops.sandbox.used_identifiers import UsedIdentifiers

_MAXIMUM_LIFETIME = timedelta(hours=1)


class NoticeRefused(HaasError):
    """The sender is not authenticated, or its message is not valid. The status of the response is 401."""


class UnknownArrangement(HaasError):
    """The recipient has no such arrangement with this holder. The status of the response is 422."""


class EndpointFails(HaasError):
    """The endpoint is set to fail, so that the retries of the holder can be tested."""

    def __init__(self, status: int) -> None:
        """Answer with `status`."""
        self.status = status
        super().__init__(f"the endpoint is set to answer {status}")


class RevocationEndpoint:
    """Receives the notices of data holders for the products that the sandbox hosts."""

    def __init__(
        self,
        collections: RecipientCollections,
        register: Register,
        *,
        keys: PublishedKeys,
        used: UsedIdentifiers,
        clock: Clock,
        events: Events,
    ) -> None:
        """Accept notices of the holders that `register` lists, and record and announce them."""
        self._collections = collections
        self._register = register
        self._keys = keys
        self._used = used
        self._clock = clock
        self._events = events

    async def receive(self, product_id: str, address: str, authorization: str | None, form: Mapping[str, str]) -> None:
        """Process a notice that was posted to `address`, and record it.

        Raises EndpointFails, NoticeRefused, UnknownArrangement.
        """
        hosted = await self._hosted(product_id)
        holder, keys = await self._authenticated(authorization, address)
        arrangement_id = await self._arrangement_id(form, holder.data_holder_brand_id, keys, address)
        await self._end(arrangement_id, holder.data_holder_brand_id, strict=hosted.strict)
        notice = Notice(
            software_product_id=product_id,
            data_holder_brand_id=holder.data_holder_brand_id,
            cdr_arrangement_id=arrangement_id,
            received_at=self._clock.now(),
        )
        await self._collections.notices.put(str(uuid.uuid4()), notice)
        await self._events.announce()

    async def _hosted(self, product_id: str) -> HostedProduct:
        hosted = await self._collections.hosted.get(product_id)
        if hosted is None:
            raise NoticeRefused("no such software product")
        if hosted.failures > 0:
            await self._collections.hosted.change(product_id, _with_one_failure_less)
            raise EndpointFails(hosted.failure_status)
        return hosted

    async def _authenticated(self, authorization: str | None, address: str) -> tuple[DataHolderBrand, PublicKeys]:
        """Check the bearer JWT (CDS, Self-signed JWT Client Authentication; Data Holders calling Data Recipients)."""
        scheme, _, token = (authorization or "").partition(" ")
        if scheme.lower() != "bearer":
            raise NoticeRefused("the request has no bearer token")
        try:
            claimed = read_unverified(token)
            holder = await self._holder(claimed.claims.get("iss"))
            kid = claimed.header.get("kid")
            keys = await self._keys.at(holder.jwks_endpoint, kid if isinstance(kid, str) else None)
            claims = verify(token, keys).claims
            check_times(claims, self._clock.now(), longest=_MAXIMUM_LIFETIME)
        except (JoseError, KeysUnavailable) as error:
            raise NoticeRefused(f"the bearer token is refused: {error}") from error
        await self._check_identity(claims, holder.data_holder_brand_id, address, "bearer")
        return holder, keys

    async def _arrangement_id(self, form: Mapping[str, str], holder_id: str, keys: PublicKeys, address: str) -> str:
        """Verify `cdr_arrangement_jwt` (CDS, CDR Arrangement JWT method) and return its arrangement id.

        The claims about the sender are optional, but must be correct if present.
        """
        try:
            claims = verify(form.get("cdr_arrangement_jwt", ""), keys).claims
            if "exp" in claims:
                check_times(claims, self._clock.now(), longest=_MAXIMUM_LIFETIME)
        except JoseError as error:
            raise NoticeRefused(f"cdr_arrangement_jwt is refused: {error}") from error
        if {"iss", "sub", "aud", "jti"} & set(claims):
            await self._check_identity(claims, holder_id, address, "arrangement")
        arrangement_id = claims.get("cdr_arrangement_id")
        if not isinstance(arrangement_id, str) or not 0 < len(arrangement_id) <= 100:  # noqa: PLR2004 - far above any id
            raise UnknownArrangement("cdr_arrangement_jwt has no cdr_arrangement_id")
        if form.get("cdr_arrangement_id", arrangement_id) != arrangement_id:
            raise UnknownArrangement("cdr_arrangement_id of the form is not that of the JWT")
        return arrangement_id

    async def _check_identity(self, claims: Mapping[str, Any], holder_id: str, address: str, use: str) -> None:
        if claims.get("iss") != holder_id or claims.get("sub") != holder_id:
            raise NoticeRefused("iss and sub must be the data holder brand id")
        audience = claims.get("aud")
        if address not in (audience if isinstance(audience, list) else [audience]):
            raise NoticeRefused(f"aud must be {address}")
        jti = claims.get("jti")
        if not isinstance(jti, str) or not jti or not await self._used.use(f"{use}:{holder_id}:{jti}"):
            raise NoticeRefused("jti is missing or was used before")

    async def _holder(self, brand_id: object) -> DataHolderBrand:
        for brand in await self._register.holder_brands():
            if brand.data_holder_brand_id == brand_id:
                return brand
        raise NoticeRefused("iss is not a data holder brand of the Register")

    async def _end(self, arrangement_id: str, holder_id: str, *, strict: bool) -> None:
        arrangement = await self._collections.arrangements.get(arrangement_id)
        if arrangement is not None and arrangement.data_holder_brand_id == holder_id:
            await self._collections.arrangements.change(
                arrangement_id, lambda current: ended(current, "holder", self._clock.now())
            )
        elif strict or arrangement is not None:
            raise UnknownArrangement("no arrangement of this recipient with this data holder")


def _with_one_failure_less(hosted: HostedProduct) -> HostedProduct:
    return msgspec.structs.replace(hosted, failures=max(0, hosted.failures - 1))
