"""The data recipient's client for the Register's APIs, over mutual TLS as for any other recipient."""

import uuid
from typing import Any

import httpx
import msgspec

from haas.clock import Clock, epoch
from haas.errors import HaasError
from ops.sandbox.jose import SigningKey, sign
from ops.sandbox.register.authorisation import ASSERTION_TYPE, SCOPE

_ASSERTION_LIFETIME = 60


class RegisterUnavailable(HaasError):
    """The Register did not respond, or it refused the request."""


class HolderBrand(msgspec.Struct, frozen=True, kw_only=True):
    """A data holder brand, with the members that a data recipient needs."""

    id: str
    name: str
    issuer: str
    resource_base_uri: str


class RegisterApiClient:
    """Sends requests to the Register as one software product."""

    def __init__(self, http: httpx.AsyncClient, key: SigningKey, product_id: str, clock: Clock, origin: str) -> None:
        """Authenticate as `product_id` with `key`; `origin` is the origin of the Register."""
        self._http = http
        self._key = key
        self._product_id = product_id
        self._clock = clock
        self._origin = origin

    async def holder_brands(self) -> list[HolderBrand]:
        """Return the active data holder brands. Raises RegisterUnavailable."""
        path = "/cdr-register/v1/energy/data-holders/brands?page-size=1000"
        answer = await self._get(path, version=3)
        return [
            HolderBrand(
                id=brand["dataHolderBrandId"],
                name=brand["brandName"],
                issuer=brand["endpointDetail"]["infosecBaseUri"],
                resource_base_uri=brand["endpointDetail"]["resourceBaseUri"],
            )
            for brand in answer["data"]
            if brand["status"] == "ACTIVE"
        ]

    async def ssa(self, brand_id: str) -> str:
        """Return a fresh SSA for this product of the recipient brand `brand_id`. Raises RegisterUnavailable."""
        path = f"/cdr-register/v1/all/data-recipients/brands/{brand_id}/software-products/{self._product_id}/ssa"
        return str(await self._get(path, version=4))

    async def _get(self, path: str, *, version: int) -> Any:
        endpoint = str((await self._metadata())["token_endpoint"])
        headers = {"Authorization": f"Bearer {await self._token(endpoint)}", "x-v": str(version)}
        secure = httpx.URL(endpoint)
        return await self._answer("GET", str(secure.join(path)), headers=headers)

    async def _metadata(self) -> dict[str, Any]:
        answer: dict[str, Any] = await self._answer("GET", f"{self._origin}/idp/.well-known/openid-configuration")
        return answer

    async def _token(self, endpoint: str) -> str:
        now = epoch(self._clock.now())
        claims = {
            "iss": self._product_id,
            "sub": self._product_id,
            "aud": endpoint,
            "jti": str(uuid.uuid4()),
            "iat": now,
            "exp": now + _ASSERTION_LIFETIME,
        }
        form = {
            "grant_type": "client_credentials",
            "scope": SCOPE,
            "client_id": self._product_id,
            "client_assertion_type": ASSERTION_TYPE,
            "client_assertion": sign(claims, self._key, typ="JWT"),
        }
        answer = await self._answer("POST", endpoint, data=form)
        return str(answer["access_token"])

    async def _answer(self, method: str, url: str, **sent: Any) -> Any:
        try:
            response = await self._http.request(method, url, **sent)
            response.raise_for_status()
            return response.json()
        except (httpx.HTTPError, ValueError) as error:
            raise RegisterUnavailable(f"{url}: {type(error).__name__} {error}") from error
