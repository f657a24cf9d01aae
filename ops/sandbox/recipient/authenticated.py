"""Client authentication by `private_key_jwt`, and the checks on every token that the data holder signs."""

import uuid
from collections.abc import Mapping
from datetime import timedelta
from typing import Any, Final, TypeVar

import httpx
import msgspec

from haas.clock import Clock, epoch
from ops.sandbox.jose import JoseError, SigningKey, check_times
from ops.sandbox.messages import NO_DEVIATION, Deviation, overridden, signed
from ops.sandbox.recipient.answers import Refused
from ops.sandbox.recipient.holder import Holder, HolderError

ASSERTION_TYPE: Final = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
ASSERTION_LIFETIME: Final = 60
Answer = TypeVar("Answer")


class AuthenticatedClient:
    """A client that authenticates to one data holder brand with assertions, and verifies the tokens of the brand."""

    def __init__(
        self, holder: Holder, http: httpx.AsyncClient, key: SigningKey, *, client_id: str, clock: Clock
    ) -> None:
        """Authenticate to `holder` as `client_id`, with `key`."""
        self.holder = holder
        self.http = http
        self.key = key
        self.client_id = client_id
        self.clock = clock

    def assertion(self, assertion: Deviation = NO_DEVIATION) -> str:
        """Return a new client assertion (CDS, Private Key JWT Client Authentication)."""
        claims = {
            **self.dated(ASSERTION_LIFETIME),
            "iss": self.client_id,
            "sub": self.client_id,
            "aud": self.holder.metadata.issuer,
            "jti": str(uuid.uuid4()),
        }
        return signed(claims, self.key, assertion)

    async def post(
        self,
        endpoint: str,
        fields: Mapping[str, object],
        *,
        assertion: Deviation = NO_DEVIATION,
        overrides: Mapping[str, object] | None = None,
    ) -> httpx.Response:
        """Post a form with client authentication to the holder. Raises Refused unless the status is 2xx."""
        authentication = {
            "client_id": self.client_id,
            "client_assertion_type": ASSERTION_TYPE,
            "client_assertion": self.assertion(assertion),
        }
        form = overridden({**authentication, **fields}, overrides or {})
        return accepted(await self.http.post(endpoint, data=form, headers={"Accept": "application/json"}))

    async def verified(self, token: str, *, longest: timedelta) -> dict[str, Any]:
        """Return the claims of a JWT that the holder signed for this client.

        `longest` limits how far in the future `exp` may be. Raises HolderError.
        """
        claims = (await self.holder.verified(token)).claims
        audience = claims.get("aud")
        if claims.get("iss") != self.holder.metadata.issuer:
            raise HolderError(f"the issuer is {claims.get('iss')}, not {self.holder.metadata.issuer} (iss)")
        if self.client_id not in (audience if isinstance(audience, list) else [audience]):
            raise HolderError("the token is for another client (aud)")
        try:
            check_times(claims, self.clock.now(), longest=longest)
        except JoseError as error:
            raise HolderError(f"the token is not valid at this time: {error}") from error
        return claims

    def dated(self, lifetime: int) -> dict[str, int]:
        """Return `iat` and `exp` of a message that is valid for `lifetime` seconds from now."""
        now = epoch(self.clock.now())
        return {"iat": now, "exp": now + lifetime}


def bearer(access_token: str) -> dict[str, str]:
    """Return the header that carries an access token (RFC 6750 2.1)."""
    return {"Authorization": f"Bearer {access_token}"}


def accepted(response: httpx.Response) -> httpx.Response:
    """Return `response` when its status is 2xx. Raises Refused."""
    if not response.is_success:
        raise Refused(response)
    return response


def decoded(response: httpx.Response, kind: type[Answer]) -> Answer:
    """Return the response's JSON as `kind`. Raises HolderError."""
    try:
        return msgspec.json.decode(response.content, type=kind)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise HolderError(f"{response.request.url.path} sent an unexpected response: {error}") from error


def json_object(response: httpx.Response) -> dict[str, Any]:
    """Return the response's JSON object. Raises HolderError."""
    return decoded(response, dict[str, Any])
