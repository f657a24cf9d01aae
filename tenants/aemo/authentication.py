"""How a request to AEMO is authenticated besides the client certificate: password, subscription key, or access token.

AEMO's portal describes the three modes (data-and-aemo A-4, C-A9).
"""

import asyncio
from base64 import b64encode
from typing import Final, NamedTuple

import msgspec

from haas.clock import Clock
from haas.outbound import CallOptions, Outbound, OutboundResponse
from tenants.market.models import MarketCredentials, ParticipantKey

PARTICIPANT_HEADER: Final = "X-initiatingParticipantID"
_SUBSCRIPTION_HEADER: Final = "Ocp-Apim-Subscription-Key"
SECONDS_BEFORE_EXPIRY: Final = 60.0
"""How long before its end an access token is not used any more."""
_DEFAULT_LIFETIME: Final = 300.0
_LONGEST_LIFETIME: Final = 24 * 60 * 60.0
_OK: Final = 200
_CLIENT_REFUSED: Final = (400, 401)


class TokenRefused(Exception):
    """The token endpoint has not answered with a token. The message has no content of the answer."""

    def __init__(self, response: OutboundResponse) -> None:
        """Take the answer."""
        super().__init__(f"the token endpoint answered {response.status}")
        self.status = response.status

    @property
    def is_about_the_client(self) -> bool:
        """Whether the client id or its secret was refused (RFC 6749 5.2)."""
        return self.status in _CLIENT_REFUSED


class _TokenResponse(msgspec.Struct):
    """A response of a token endpoint. AEMO's own example has other names than RFC 6749 5.1 (C-A13)."""

    access_token: str = ""
    acess_token: str = ""
    expires_in: float | str | None = None
    access_token_expires_in: float | str | None = None


class _Token(NamedTuple):
    value: str
    mark: str
    usable_until: float


class AemoAuthentication:
    """Makes the headers that authenticate a request. It keeps access tokens in memory."""

    def __init__(self, outbound: Outbound, clock: Clock) -> None:
        """Ask token endpoints with `outbound`."""
        self._outbound = outbound
        self._clock = clock
        self._tokens: dict[ParticipantKey, _Token] = {}
        self._locks: dict[ParticipantKey, asyncio.Lock] = {}

    async def headers(self, credentials: MarketCredentials, options: CallOptions) -> dict[str, str]:
        """Return the headers for a request of a participant. `options` are those of the request.

        Raises OutboundError, and TokenRefused in the mode `bearer`.
        """
        participant, secrets = credentials.participant, credentials.secrets
        headers = {PARTICIPANT_HEADER: participant.id.participant_id}
        if participant.mode == "bearer":
            return {**headers, "Authorization": f"Bearer {await self._token(credentials, options)}"}
        if secrets.subscription_key is not None:
            headers[_SUBSCRIPTION_HEADER] = secrets.subscription_key
        return {**headers, "Authorization": basic(participant.username, secrets.secret)}

    def forget_token(self, participant: ParticipantKey) -> None:
        """Ask for a new token before the next request, because AEMO has refused the last one."""
        self._tokens.pop(participant, None)

    async def _token(self, credentials: MarketCredentials, options: CallOptions) -> str:
        key, mark = credentials.participant.id, mark_of(credentials)
        async with self._locks.setdefault(key, asyncio.Lock()):
            token = self._tokens.get(key)
            if token is None or token.mark != mark or token.usable_until <= self._clock.timestamp():
                token = self._tokens[key] = await self._new_token(credentials, mark, options)
            return token.value

    async def _new_token(self, credentials: MarketCredentials, mark: str, options: CallOptions) -> _Token:
        participant = credentials.participant
        asked_at = self._clock.timestamp()
        response = await self._outbound.request(
            "POST",
            participant.token_uri or "",
            headers={
                "Authorization": basic(participant.username, credentials.secrets.secret),
                "Accept": "application/json",
            },
            form={"grant_type": "client_credentials"},
            options=msgspec.structs.replace(options, title="AEMO's token endpoint", attempts=1),
        )
        if response.status != _OK:
            raise TokenRefused(response)
        try:
            answer = msgspec.json.decode(response.json, type=_TokenResponse)
            given = answer.expires_in or answer.access_token_expires_in or _DEFAULT_LIFETIME
            lifetime = min(max(float(given), 0.0), _LONGEST_LIFETIME)
        except (msgspec.DecodeError, ValueError) as error:
            raise TokenRefused(response) from error
        token = answer.access_token or answer.acess_token
        if not token:
            raise TokenRefused(response)
        return _Token(token, mark, asked_at + lifetime - min(SECONDS_BEFORE_EXPIRY, lifetime / 2))


def basic(user: str, password: str) -> str:
    """Return the value of the Authorization header with a user and a password (RFC 7617 2)."""
    return "Basic " + b64encode(f"{user}:{password}".encode()).decode()


def mark_of(credentials: MarketCredentials) -> str:
    """Return a text that changes when the credentials of a participant change."""
    return credentials.changed_at.isoformat()
