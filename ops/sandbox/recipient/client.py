"""The protocol client of a data recipient's software product, as the CDR information security profile asks for it.

Each message it sends is right unless the caller says otherwise: a `Deviation` changes a signed message, `form` and
`headers` change what travels beside it. So the same client drives the main job and the tests of what must be refused.
"""

import secrets
import uuid
from collections.abc import Mapping, Sequence
from datetime import timedelta
from email.utils import format_datetime
from typing import Any, Final
from urllib.parse import urlencode, urlsplit

import httpx
import msgspec

from haas.clock import Clock, SystemClock, epoch
from haas.jose import SigningKey, half_hash, s256
from ops.sandbox.messages import RIGHT, Deviation, overridden, signed
from ops.sandbox.recipient.answers import AuthorisationRefused, Flow, Introspection, Tokens
from ops.sandbox.recipient.authenticated import AuthenticatedClient, accepted, bearer, decoded, json_object
from ops.sandbox.recipient.holder import Holder, HolderError
from ops.sandbox.tenants import RESOURCE_PATH

ACR_2: Final = "urn:cds.au:cdr:2"
_REQUEST_LIFETIME = 300
_JARM_LIFETIME = timedelta(minutes=10)
_ID_TOKEN_LIFETIME = timedelta(days=1)


class RecipientClient(AuthenticatedClient):
    """One software product's client at one data holder brand.

    It speaks over one client certificate (that of `http`) and signs with one key. `client_id` is known from the start
    or from `register` on; `redirect_uri` is the one that it asks for unless a request names another.
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
        """Speak to `holder` as the software product of that id."""
        super().__init__(holder, http, key, client_id=client_id, clock=clock or SystemClock())
        self.software_product_id = software_product_id
        self.redirect_uri = redirect_uri
        self.resource_base_uri = resource_base_uri.rstrip("/")

    # Dynamic client registration (CDS, Client Registration; RFC 7591, RFC 7592)

    def registration_request(self, ssa: str, request: Deviation = RIGHT) -> str:
        """Return a signed registration request; override its metadata by `request.claims`."""
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

    async def register(self, ssa: str, request: Deviation = RIGHT) -> dict[str, Any]:
        """Register with the brand, keep the client id, and return the registration. Raises Refused."""
        endpoint = self.holder.metadata.registration_endpoint
        registration = await self._registration("POST", endpoint, content=self.registration_request(ssa, request))
        self.client_id = registration["client_id"]
        return registration

    async def read_registration(self, access_token: str) -> dict[str, Any]:
        """Return the registration (GET /register/{clientId})."""
        return await self._registration("GET", self._registration_uri, access_token=access_token)

    async def update_registration(self, access_token: str, ssa: str, request: Deviation = RIGHT) -> dict[str, Any]:
        """Replace the registration (PUT /register/{clientId})."""
        content = self.registration_request(ssa, request)
        return await self._registration("PUT", self._registration_uri, access_token=access_token, content=content)

    async def delete_registration(self, access_token: str) -> None:
        """End the registration (DELETE /register/{clientId})."""
        accepted(await self.http.delete(self._registration_uri, headers=bearer(access_token)))

    @property
    def _registration_uri(self) -> str:
        return f"{self.holder.metadata.registration_endpoint}/{self.client_id}"

    async def _registration(
        self, method: str, url: str, *, access_token: str | None = None, content: str | None = None
    ) -> dict[str, Any]:
        headers = {"Accept": "application/json", **(bearer(access_token) if access_token else {})}
        if content is not None:
            headers["Content-Type"] = "application/jwt"
        response = accepted(await self.http.request(method, url, headers=headers, content=content))
        return json_object(response)

    # Authorisation (RFC 9126, RFC 9101, JARM, RFC 7636)

    def request_object(self, claims: Mapping[str, object], request: Deviation = RIGHT) -> str:
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
        request: Deviation = RIGHT,
        assertion: Deviation = RIGHT,
        form: Mapping[str, object] | None = None,
    ) -> Flow:
        """Push an authorisation request and return what the rest of its flow needs. Raises Refused.

        `sharing_duration` is in seconds; `cdr_arrangement_id` amends that arrangement.
        """
        verifier, redirect = secrets.token_urlsafe(48), redirect_uri or self.redirect_uri
        state, nonce = secrets.token_urlsafe(24), secrets.token_urlsafe(24)
        asked: dict[str, object] = {"id_token": {"acr": {"essential": True, "values": list(acr_values)}}}
        if sharing_duration is not None:
            asked["sharing_duration"] = sharing_duration
        if cdr_arrangement_id is not None:
            asked["cdr_arrangement_id"] = cdr_arrangement_id
        claims = {
            "response_type": "code",
            "response_mode": "jwt",
            "redirect_uri": redirect,
            "scope": scope,
            "state": state,
            "nonce": nonce,
            "claims": asked,
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
        """Return where to send the person's browser (RFC 9126 4)."""
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
            raise HolderError("the authorisation response carries no code")
        return str(claims["code"])

    # Tokens

    async def exchange(
        self, code: str, flow: Flow, *, assertion: Deviation = RIGHT, form: Mapping[str, object] | None = None
    ) -> Tokens:
        """Exchange a code for tokens and verify the ID token. Raises Refused and HolderError."""
        fields = {"code": code, "redirect_uri": flow.redirect_uri, "code_verifier": flow.code_verifier}
        tokens = await self.tokens("authorization_code", fields, assertion=assertion, form=form)
        if tokens.id_token is None:
            raise HolderError("the token response carries no ID token")
        if tokens.id_claims.get("nonce") != flow.nonce:
            raise HolderError("the ID token belongs to another request (nonce)")
        return tokens

    async def refresh(
        self, refresh_token: str, *, assertion: Deviation = RIGHT, form: Mapping[str, object] | None = None
    ) -> Tokens:
        """Refresh an access token. Raises Refused."""
        return await self.tokens("refresh_token", {"refresh_token": refresh_token}, assertion=assertion, form=form)

    async def client_credentials(
        self,
        scope: str = "cdr:registration",
        *,
        assertion: Deviation = RIGHT,
        form: Mapping[str, object] | None = None,
    ) -> Tokens:
        """Ask for a token for the client itself. Raises Refused."""
        return await self.tokens("client_credentials", {"scope": scope}, assertion=assertion, form=form)

    async def tokens(
        self,
        grant_type: str,
        fields: Mapping[str, object],
        *,
        assertion: Deviation = RIGHT,
        form: Mapping[str, object] | None = None,
    ) -> Tokens:
        """Ask the token endpoint; verify the ID token where one comes. Raises Refused and HolderError."""
        endpoint = self.holder.metadata.token_endpoint
        sent = {"grant_type": grant_type, **fields}
        response = await self.post(endpoint, sent, assertion=assertion, overrides=form)
        tokens = decoded(response, Tokens)
        if tokens.id_token is None:
            return tokens
        claims = await self.verified(tokens.id_token, longest=_ID_TOKEN_LIFETIME)
        if "at_hash" in claims and claims["at_hash"] != half_hash(tokens.access_token):
            raise HolderError("the ID token belongs to another access token (at_hash)")
        return msgspec.structs.replace(tokens, id_claims=claims)

    async def introspect(
        self,
        token: str,
        *,
        hint: str | None = "refresh_token",
        assertion: Deviation = RIGHT,
        form: Mapping[str, object] | None = None,
    ) -> Introspection:
        """Ask for the state of a refresh token (RFC 7662). Raises Refused."""
        endpoint, fields = self.holder.metadata.introspection_endpoint, _token_fields(token, hint)
        return decoded(await self.post(endpoint, fields, assertion=assertion, overrides=form), Introspection)

    async def revoke_token(
        self,
        token: str,
        *,
        hint: str | None = None,
        assertion: Deviation = RIGHT,
        form: Mapping[str, object] | None = None,
    ) -> None:
        """Revoke a token (RFC 7009). Raises Refused."""
        endpoint, fields = self.holder.metadata.revocation_endpoint, _token_fields(token, hint)
        await self.post(endpoint, fields, assertion=assertion, overrides=form)

    async def revoke_arrangement(
        self, cdr_arrangement_id: str, *, assertion: Deviation = RIGHT, form: Mapping[str, object] | None = None
    ) -> None:
        """Tell the holder that consent was withdrawn (CDS, CDR Arrangement Revocation endpoint). Raises Refused."""
        endpoint = self.holder.metadata.cdr_arrangement_revocation_endpoint
        fields = {"cdr_arrangement_id": cdr_arrangement_id}
        await self.post(endpoint, fields, assertion=assertion, overrides=form)

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
        """Call a resource API, for example `/energy/accounts`, and return its answer whatever the status.

        `headers` override the CDS request headers that go by default (ABSENT leaves one out).
        """
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
        url = f"{self.resource_base_uri}{RESOURCE_PATH}{path}"
        sent = overridden(defaults, headers or {})
        return await self.http.request(method, url, params=params, headers=sent, content=content)


def _token_fields(token: str, hint: str | None) -> dict[str, object]:
    return {"token": token} if hint is None else {"token": token, "token_type_hint": hint}
