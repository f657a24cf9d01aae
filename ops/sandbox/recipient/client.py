"""The protocol client of a data recipient's software product, for the CDR information security profile and data APIs.

Every message that it sends is correct unless the caller passes a deviation: a `Deviation` changes a signed message,
`form` and `headers` change the rest of the request. So the same client is used for normal flows and for tests of
requests that a data holder must refuse.
"""

import secrets
import uuid
from collections.abc import Mapping, Sequence
from datetime import timedelta
from email.utils import format_datetime
from typing import Any, Final
from urllib.parse import urlencode, urlsplit

import httpx

from haas.clock import Clock, SystemClock, epoch
from ops.sandbox.jose import SigningKey, s256
from ops.sandbox.messages import NO_DEVIATION, Deviation, overridden, signed
from ops.sandbox.recipient.answers import AuthorisationRefused, Flow
from ops.sandbox.recipient.authenticated import accepted, bearer, json_object
from ops.sandbox.recipient.holder import Holder, HolderError
from ops.sandbox.recipient.registration_client import RegistrationClient
from ops.sandbox.recipient.token_client import TokenClient
from ops.sandbox.tenants import RESOURCE_PATH

ACR_2: Final = "urn:cds.au:cdr:2"
_REQUEST_LIFETIME: Final = 300
_JARM_LIFETIME: Final = timedelta(minutes=10)


class RecipientClient(RegistrationClient, TokenClient):
    """One software product's client at one data holder brand.

    It uses one client certificate (that of `http`) and one signing key. `client_id` is given, or set by
    `register`. `redirect_uri` is the redirect_uri of requests for which the caller passes no other.
    """

    def __init__(
        self,
        holder: Holder,
        http: httpx.AsyncClient,
        key: SigningKey,
        *,
        software_product_id: str,
        redirect_uri: str,
        resource_base_uri: str,
        client_id: str = "",
        clock: Clock | None = None,
    ) -> None:
        """Send requests to `holder` as this software product."""
        super().__init__(
            holder,
            http,
            key,
            software_product_id=software_product_id,
            redirect_uri=redirect_uri,
            client_id=client_id,
            clock=clock or SystemClock(),
        )
        self.resource_base_uri = resource_base_uri.rstrip("/")

    # Authorisation (RFC 9126, RFC 9101, JARM, RFC 7636)

    def request_object(self, claims: Mapping[str, object], request: Deviation = NO_DEVIATION) -> str:
        """Return a signed request object (CDS, Request Object; FAPI 1.0 Advanced 5.2.2-13 to -15 for its dates)."""
        dates = {"nbf": epoch(self.clock.now()), "exp": epoch(self.clock.now()) + _REQUEST_LIFETIME}
        base = {"iss": self.client_id, "aud": self.holder.metadata.issuer, "client_id": self.client_id, **dates}
        return signed({**base, **claims}, self.key, request)

    async def push(
        self,
        scope: str,
        *,
        sharing_duration: int | None = None,
        cdr_arrangement_id: str | None = None,
        acr_values: Sequence[str] = (ACR_2,),
        redirect_uri: str | None = None,
        request: Deviation = NO_DEVIATION,
        assertion: Deviation = NO_DEVIATION,
        form: Mapping[str, object] | None = None,
    ) -> Flow:
        """Push an authorisation request and return the state of its flow. Raises Refused.

        `sharing_duration` is in seconds; `cdr_arrangement_id` amends that arrangement.
        """
        verifier, redirect = secrets.token_urlsafe(48), redirect_uri or self.redirect_uri
        state, nonce = secrets.token_urlsafe(24), secrets.token_urlsafe(24)
        requested: dict[str, object] = {"id_token": {"acr": {"essential": True, "values": list(acr_values)}}}
        if sharing_duration is not None:
            requested["sharing_duration"] = sharing_duration
        if cdr_arrangement_id is not None:
            requested["cdr_arrangement_id"] = cdr_arrangement_id
        claims = {
            "response_type": "code",
            "response_mode": "jwt",
            "redirect_uri": redirect,
            "scope": scope,
            "state": state,
            "nonce": nonce,
            "claims": requested,
            "code_challenge": s256(verifier),
            "code_challenge_method": "S256",
        }
        response = await self.post(
            self.holder.metadata.pushed_authorization_request_endpoint,
            {"request": self.request_object(claims, request)},
            assertion=assertion,
            overrides=form,
        )
        pushed, sent = json_object(response), overridden(claims, request.claims)
        return Flow(
            request_uri=pushed["request_uri"],
            expires_in=pushed["expires_in"],
            state=sent.get("state"),
            nonce=sent.get("nonce"),
            code_verifier=verifier,
            redirect_uri=redirect,
        )

    def authorisation_url(self, flow: Flow) -> str:
        """Return the URL to which the person's browser is redirected (RFC 9126 4)."""
        endpoint = self.holder.metadata.authorization_endpoint
        separator = "&" if urlsplit(endpoint).query else "?"
        return f"{endpoint}{separator}{urlencode({'client_id': self.client_id, 'request_uri': flow.request_uri})}"

    async def read_response(self, response: str, flow: Flow) -> str:
        """Return the code of a JARM response, verified (JARM 2.4). Raises AuthorisationRefused and HolderError."""
        claims = await self.verified(response, longest=_JARM_LIFETIME)
        if claims.get("state") != flow.state:
            raise HolderError("the authorisation response belongs to another request (state)")
        if "error" in claims:
            raise AuthorisationRefused(str(claims["error"]), claims.get("error_description"), claims)
        if not isinstance(claims.get("code"), str):
            raise HolderError("the authorisation response has no code")
        return str(claims["code"])

    # Data

    async def userinfo(self, access_token: str) -> dict[str, Any]:
        """Return the claims about the customer (OpenID Connect Core 5.3). Raises Refused."""
        url = self.holder.metadata.userinfo_endpoint
        return json_object(accepted(await self.http.get(url, headers=bearer(access_token))))

    async def resource(
        self,
        path: str,
        access_token: str,
        *,
        version: int = 1,
        minimum_version: int | None = None,
        method: str = "GET",
        params: Mapping[str, str | int] | None = None,
        headers: Mapping[str, object] | None = None,
        content: bytes | None = None,
    ) -> httpx.Response:
        """Call a resource API, for example `/energy/accounts`, and return the response with any status.

        `headers` override the CDS request headers that are sent by default (ABSENT removes a header).
        """
        sent = self.resource_headers(
            access_token, version=version, minimum_version=minimum_version, headers=headers, content=content
        )
        return await self.http.request(method, self.resource_url(path), params=params, headers=sent, content=content)

    def resource_url(self, path: str) -> str:
        """Return the address of a path of the resource APIs."""
        return f"{self.resource_base_uri}{RESOURCE_PATH}{path}"

    def resource_headers(
        self,
        access_token: str,
        *,
        version: int = 1,
        minimum_version: int | None = None,
        headers: Mapping[str, object] | None = None,
        content: bytes | None = None,
    ) -> dict[str, Any]:
        """Return the headers of a call of a resource API. `headers` override them (ABSENT removes a header)."""
        defaults: dict[str, object] = {
            "Accept": "application/json",
            "x-v": str(version),
            "x-fapi-interaction-id": str(uuid.uuid4()),
            "x-fapi-auth-date": format_datetime(self.clock.now(), usegmt=True),
            **bearer(access_token),
        }
        if minimum_version is not None:
            defaults["x-min-v"] = str(minimum_version)
        if content is not None:
            defaults["Content-Type"] = "application/json"
        return overridden(defaults, headers or {})
