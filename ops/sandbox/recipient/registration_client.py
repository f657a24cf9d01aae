"""Dynamic client registration as a data recipient uses it (CDS, Client Registration; RFC 7591, RFC 7592)."""

import uuid
from typing import Any, Final

import httpx

from haas.clock import Clock
from ops.sandbox.jose import SigningKey
from ops.sandbox.messages import NO_DEVIATION, Deviation, signed
from ops.sandbox.recipient.authenticated import AuthenticatedClient, accepted, bearer, json_object
from ops.sandbox.recipient.holder import Holder

_REQUEST_LIFETIME: Final = 300


class RegistrationClient(AuthenticatedClient):
    """Registers one software product with one data holder brand, and manages the registration."""

    def __init__(
        self,
        holder: Holder,
        http: httpx.AsyncClient,
        key: SigningKey,
        *,
        software_product_id: str,
        redirect_uri: str,
        client_id: str,
        clock: Clock,
    ) -> None:
        """Send requests to `holder` as this software product. `client_id` is empty before the registration."""
        super().__init__(holder, http, key, client_id=client_id, clock=clock)
        self.software_product_id = software_product_id
        self.redirect_uri = redirect_uri

    def registration_request(self, ssa: str, request: Deviation = NO_DEVIATION) -> str:
        """Return a signed registration request; override its metadata with `request.claims`."""
        claims = {
            **self.dated(_REQUEST_LIFETIME),
            "iss": self.software_product_id,
            "aud": self.holder.metadata.issuer,
            "jti": str(uuid.uuid4()),
            "redirect_uris": [self.redirect_uri],
            "token_endpoint_auth_method": "private_key_jwt",
            "token_endpoint_auth_signing_alg": self.key.algorithm,
            "grant_types": ["client_credentials", "authorization_code", "refresh_token"],
            "response_types": ["code"],
            "application_type": "web",
            "id_token_signed_response_alg": self.key.algorithm,
            "authorization_signed_response_alg": self.key.algorithm,
            "request_object_signing_alg": self.key.algorithm,
            "software_statement": ssa,
        }
        return signed(claims, self.key, request)

    async def register(self, ssa: str, request: Deviation = NO_DEVIATION) -> dict[str, Any]:
        """Register with the brand, keep the client id, and return the registration. Raises Refused."""
        endpoint = self.holder.metadata.registration_endpoint
        registration = await self._send("POST", endpoint, content=self.registration_request(ssa, request))
        self.client_id = registration["client_id"]
        return registration

    async def read_registration(self, access_token: str) -> dict[str, Any]:
        """Return the registration (GET /register/{clientId}). Raises Refused."""
        return await self._send("GET", self._registration_uri, access_token=access_token)

    async def update_registration(
        self, access_token: str, ssa: str, request: Deviation = NO_DEVIATION
    ) -> dict[str, Any]:
        """Replace the registration (PUT /register/{clientId}). Raises Refused."""
        content = self.registration_request(ssa, request)
        return await self._send("PUT", self._registration_uri, access_token=access_token, content=content)

    async def delete_registration(self, access_token: str) -> None:
        """End the registration (DELETE /register/{clientId}). Raises Refused."""
        accepted(await self.http.delete(self._registration_uri, headers=bearer(access_token)))

    @property
    def _registration_uri(self) -> str:
        return f"{self.holder.metadata.registration_endpoint}/{self.client_id}"

    async def _send(
        self, method: str, url: str, *, access_token: str | None = None, content: str | None = None
    ) -> dict[str, Any]:
        headers = {"Accept": "application/json", **(bearer(access_token) if access_token else {})}
        if content is not None:
            headers["Content-Type"] = "application/jwt"
        response = accepted(await self.http.request(method, url, headers=headers, content=content))
        return json_object(response)
