"""A data holder brand from the view of a data recipient: its OpenID Provider metadata and its public keys."""

import asyncio
from http import HTTPStatus
from typing import Any

import httpx
import msgspec

from haas.errors import HaasError
from ops.sandbox.jose import DecodedJwt, JoseError, JwkError, PublicKeys, read_unverified, verify


class HolderError(HaasError):
    """The data holder sent something that a data recipient must not accept."""


class HolderMetadata(msgspec.Struct, frozen=True, kw_only=True):
    """The OpenID Provider metadata that a data recipient uses (CDS, OpenID Provider Configuration endpoint)."""

    issuer: str
    authorization_endpoint: str
    token_endpoint: str
    pushed_authorization_request_endpoint: str
    introspection_endpoint: str
    revocation_endpoint: str
    userinfo_endpoint: str
    registration_endpoint: str
    cdr_arrangement_revocation_endpoint: str
    jwks_uri: str
    scopes_supported: frozenset[str]


class Holder:
    """A data holder brand, discovered by its issuer."""

    def __init__(self, metadata: HolderMetadata, document: dict[str, Any], http: httpx.AsyncClient) -> None:
        """Use the metadata of a discovery document; `discover` fetches it."""
        self.metadata = metadata
        self.document = document
        self._http = http
        self._keys = PublicKeys([])
        self._lock = asyncio.Lock()

    @classmethod
    async def discover(cls, issuer: str, http: httpx.AsyncClient) -> "Holder":
        """Fetch the metadata of `issuer` (OpenID Connect Discovery 4). Raises HolderError."""
        body = await _fetched(http, f"{issuer.rstrip('/')}/.well-known/openid-configuration")
        try:
            metadata = msgspec.json.decode(body, type=HolderMetadata)
            document = msgspec.json.decode(body, type=dict[str, Any])
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise HolderError(f"the metadata of {issuer} cannot be used: {error}") from error
        if metadata.issuer != issuer:
            raise HolderError(f"the metadata at {issuer} contains the issuer {metadata.issuer}")
        return cls(metadata, document, http)

    async def verified(self, token: str) -> DecodedJwt:
        """Return a JWT that this holder signed. Raises HolderError."""
        try:
            kid = read_unverified(token).header.get("kid")
            if not isinstance(kid, str):
                raise HolderError("a token of the holder has no kid")
            if not self._keys.has(kid):
                async with self._lock:
                    self._keys = PublicKeys.from_jwks(await _fetched(self._http, self.metadata.jwks_uri))
            return verify(token, self._keys)
        except (JoseError, JwkError) as error:
            raise HolderError(f"a token of {self.metadata.issuer} does not verify: {error}") from error


async def _fetched(http: httpx.AsyncClient, url: str) -> bytes:
    try:
        response = await http.get(url, headers={"Accept": "application/json"})
    except httpx.HTTPError as error:
        raise HolderError(f"{url} did not answer: {type(error).__name__} {error}") from error
    if response.status_code != HTTPStatus.OK:
        raise HolderError(f"{url} answered {response.status_code}")
    return response.content
