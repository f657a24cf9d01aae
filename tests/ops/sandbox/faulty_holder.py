"""A data holder that sends wrong messages on request: forged tokens, wrong claims, chosen errors.

The product never sends such messages, so the refusals of the sandbox cannot be tested with it. Tests of normal flows
use the product itself, in the embedded stack.
"""

import secrets
import uuid
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qsl

import msgspec
from litestar import Litestar, Request, Response, delete, get, post, put
from litestar.params import FromPath

from haas.clock import SystemClock, epoch
from ops.sandbox.jose import SigningKey, half_hash, read_unverified, s256
from ops.sandbox.messages import NO_DEVIATION, Deviation, signed
from tests.ops.sandbox.addresses import HOLDER, SECURE_HOLDER

BRAND_ID = "3b1de6a1-8f0d-4c52-9be4-1f3a0c7d2e95"
ACCOUNTS = {
    "data": {
        "accounts": [
            {
                "accountId": "acc-1",
                "accountNumber": "1000123",
                "displayName": "Home",
                "openStatus": "OPEN",
                "creationDate": "2020-02-01",
                "plans": [{"nickname": "Solar Saver", "servicePointIds": []}],
            }
        ]
    },
    "links": {"self": "x"},
    "meta": {},
}
PERSON = {
    "firstName": "Ada",
    "lastName": "Lovelace",
    "middleNames": [],
    "prefix": "Ms",
    "phoneNumbers": [{"fullNumber": "+61491570006"}],
    "emailAddresses": [{"address": "ada@example.test"}],
    "physicalAddresses": [
        {"simple": {"addressLine1": "1 Test Street", "city": "Hobart", "state": "TAS", "postcode": "7000"}}
    ],
}
CUSTOMER = {"data": {"customerUType": "person", "person": PERSON}, "links": {"self": "x"}, "meta": {}}
SCOPES_SUPPORTED = (
    "openid",
    "profile",
    "energy:accounts.basic:read",
    "energy:accounts.detail:read",
    "common:customer.basic:read",
    "common:customer.detail:read",
    "cdr:registration",
)
HttpRequest = Request[Any, Any, Any]


class FaultyHolder:
    """Accepts every request unless a fault is set. `sent` has the forms that were posted, by path.

    Faults: `id_token` changes the next ID tokens, `token_answer` overrides members of token responses (None removes
    one), and `refuses` maps a path to the status and body of a refusal: for POST of the next request, for GET of all.
    `scopes_supported` is what its discovery document says. `data` maps paths below /cds-au/v1 to responses, or to
    functions that make one from the query, and `queries` has the queries of the resource APIs by path.
    """

    def __init__(self) -> None:
        self.key = SigningKey.generate("PS256")
        self.sent: dict[str, list[dict[str, Any]]] = {}
        self.headers: list[dict[str, str]] = []
        self.pushed: dict[str, dict[str, Any]] = {}
        self.id_token = NO_DEVIATION
        self.token_answer: dict[str, Any] = {}
        self.refuses: dict[str, tuple[int, dict[str, Any]]] = {}
        self.scopes_supported: tuple[str, ...] = SCOPES_SUPPORTED
        self.data: dict[str, dict[str, Any] | Callable[[dict[str, str]], dict[str, Any]]] = {}
        self.queries: dict[str, list[dict[str, str]]] = {}
        self.application = Litestar(
            [
                get("/{path:path}")(self._read),
                post("/{path:path}", status_code=200)(self._written),
                put("/{path:path}")(self._updated),
                delete("/{path:path}")(self._deleted),
            ],
            openapi_config=None,
            logging_config=None,  # the default makes every logger of this process write lines of the level INFO
        )

    def reset(self) -> None:
        """Remove every fault."""
        self.id_token = NO_DEVIATION
        self.token_answer = {}
        self.refuses = {}
        self.scopes_supported = SCOPES_SUPPORTED
        self.data, self.queries = {}, {}

    def notice(
        self,
        address: str,
        arrangement: str = "arrangement-1",
        bearer: Deviation = NO_DEVIATION,
        jwt: Deviation = NO_DEVIATION,
    ) -> dict[str, Any]:
        """The headers and form of a notice to an arrangement revocation endpoint, as arguments for httpx."""
        identity = {"iss": BRAND_ID, "sub": BRAND_ID, "aud": address, "jti": str(uuid.uuid4())}
        return {
            "headers": {"Authorization": f"Bearer {self.sign(identity, bearer)}"},
            "data": {"cdr_arrangement_jwt": self.sign({**identity, "cdr_arrangement_id": arrangement}, jwt)},
        }

    def sign(self, claims: dict[str, Any], deviation: Deviation = NO_DEVIATION) -> str:
        now = epoch(SystemClock().now())
        return signed({"iss": HOLDER, "iat": now, "exp": now + 300, **claims}, self.key, deviation)

    def respond(self, address: str, deviation: Deviation = NO_DEVIATION, **members: Any) -> str:
        """The JARM response to the request behind an authorise address."""
        query = dict(parse_qsl(address.partition("?")[2]))
        request = self.pushed[query["request_uri"]]
        code = secrets.token_urlsafe(16)
        self.pushed[code] = request
        claims = {"aud": query["client_id"], "state": request.get("state"), **(members or {"code": code})}
        return self.sign(claims, deviation)

    async def _read(self, request: HttpRequest, path: FromPath[str]) -> Response[Any]:
        self.headers.append(dict(request.headers))
        if path in self.refuses:
            status, body = self.refuses[path]
            return Response(body, status_code=status)
        resource = path.removeprefix("/cds-au/v1")
        query = dict(request.query_params)
        self.queries.setdefault(resource, []).append(query)
        if resource in self.data:
            given = self.data[resource]
            return Response(given(query) if callable(given) else given)
        answers: dict[str, Any] = {
            "/.well-known/openid-configuration": self._metadata(),
            "/jwks": {"keys": [self.key.public_jwk()]},
            "/userinfo": {"sub": "pairwise-sub"},
            "/register/client-1": {"client_id": "client-1"},
            "/cds-au/v1/common/customer": CUSTOMER,
            "/cds-au/v1/common/customer/detail": CUSTOMER,
            "/cds-au/v1/energy/accounts": ACCOUNTS,
            "/cds-au/v1/energy/accounts/acc-1": {"data": {"accountId": "acc-1"}},
        }
        return Response(answers[path]) if path in answers else Response({"errors": []}, status_code=404)

    async def _written(self, request: HttpRequest, path: FromPath[str]) -> Response[Any]:
        body = (await request.body()).decode()
        form = {"jwt": body} if path == "/register" else dict(parse_qsl(body))
        self.sent.setdefault(path, []).append(form)
        if path in self.refuses:
            status, answer = self.refuses.pop(path)
            return Response(answer, status_code=status)
        handler = {"/register": self._register, "/par": self._par, "/token": self._token}.get(path)
        if handler is not None:
            return handler(form)
        if path == "/introspect":
            return Response({"active": True, "exp": epoch(SystemClock().now()) + 31_536_000, "scope": "openid"})
        return Response(None, status_code=204 if path == "/arrangements/revoke" else 200)

    async def _updated(self, request: HttpRequest, path: FromPath[str]) -> Response[Any]:
        assert path == "/register/client-1"
        body = (await request.body()).decode()
        self.sent.setdefault(path, []).append({"jwt": body})
        return Response(self._registered(body))

    async def _deleted(self, path: FromPath[str]) -> None:
        assert path == "/register/client-1"

    def _register(self, form: dict[str, str]) -> Response[Any]:
        return Response(self._registered(form["jwt"]), status_code=201)

    def _registered(self, jwt: str) -> dict[str, Any]:
        """The registration, with the scopes of the SSA that are supported."""
        claims = read_unverified(jwt).claims
        stated = read_unverified(claims["software_statement"]).claims["scope"].split()
        scope = " ".join(value for value in stated if value in self.scopes_supported)
        return {**claims, "client_id": "client-1", "scope": scope}

    def _par(self, form: dict[str, str]) -> Response[Any]:
        request_uri = f"urn:ietf:params:oauth:request_uri:{secrets.token_urlsafe(8)}"
        self.pushed[request_uri] = read_unverified(form["request"]).claims
        return Response({"request_uri": request_uri, "expires_in": 90}, status_code=201)

    def _token(self, form: dict[str, str]) -> Response[Any]:
        access_token = secrets.token_urlsafe(16)
        answer: dict[str, Any] = {"access_token": access_token, "token_type": "Bearer", "expires_in": 300}
        if form["grant_type"] == "authorization_code":
            request = self.pushed[form["code"]]
            assert s256(form["code_verifier"]) == request["code_challenge"]
            claims = {
                "aud": form["client_id"],
                "sub": "pairwise-sub",
                "nonce": request.get("nonce"),
                "acr": "urn:cds.au:cdr:2",
                "at_hash": half_hash(access_token),
            }
            answer |= {
                "id_token": self.sign(claims, self.id_token),
                "refresh_token": secrets.token_urlsafe(16),
                "scope": request["scope"],
                "cdr_arrangement_id": secrets.token_hex(16),
            }
        answer |= self.token_answer
        return Response(msgspec.to_builtins({name: value for name, value in answer.items() if value is not None}))

    def _metadata(self) -> dict[str, Any]:
        return {
            "issuer": HOLDER,
            "jwks_uri": f"{HOLDER}/jwks",
            "authorization_endpoint": f"{HOLDER}/authorise",
            "token_endpoint": f"{SECURE_HOLDER}/token",
            "pushed_authorization_request_endpoint": f"{SECURE_HOLDER}/par",
            "introspection_endpoint": f"{SECURE_HOLDER}/introspect",
            "revocation_endpoint": f"{SECURE_HOLDER}/revoke",
            "userinfo_endpoint": f"{SECURE_HOLDER}/userinfo",
            "registration_endpoint": f"{SECURE_HOLDER}/register",
            "cdr_arrangement_revocation_endpoint": f"{SECURE_HOLDER}/arrangements/revoke",
            "scopes_supported": self.scopes_supported,
        }
