"""Sends requests to AEMO's e-Hub: authentication, limits, and what its status codes mean (C-A2, C-A14, C-A20)."""

import asyncio
import logging
from typing import Final
from urllib.parse import urlencode, urlsplit

from haas.clock import Clock
from haas.errors import Unavailable
from haas.outbound import CallOptions, Outbound, OutboundError, OutboundResponse
from haas.outbound_clients import TlsCredential
from haas.shared_values import SharedValues
from tenants.aemo import errors
from tenants.aemo.authentication import AemoAuthentication, TokenRefused, mark_of
from tenants.aemo.error_bodies import AemoError, code_to_pass_on, read_errors
from tenants.aemo.models import AemoCall, AemoRequest
from tenants.aemo.throttle import CredentialsRefused, Throttle, Throttled
from tenants.market.models import MarketCredentials, ParticipantKey

logger = logging.getLogger(__name__)

CONNECT_SECONDS: Final = 1.0
MAXIMUM_ANSWER_BYTES: Final = 16 * 1024 * 1024
"""A page of 1,000 reads of five-minute intervals has about two megabytes."""
MAXIMUM_CONCURRENT: Final = 4
"""How many requests of one participant this process sends at the same time (C-A15)."""
USER_AGENT: Final = "holder-as-a-service"
_OK: Final = 200
_UNAUTHORISED: Final = 401
_FORBIDDEN: Final = 403
_ABOUT_THE_CONTENT: Final = (400, 404, 406, 422)
_THROTTLED: Final = 429
_UNAVAILABLE: Final = 503
_CLIENT_ERRORS: Final = 400
_SERVER_ERRORS: Final = 500
_SECONDS_FOR_THE_ERROR: Final = 0.02
"""The time that is left to report that AEMO was late."""


class AnswerRefused(Exception):
    """AEMO has refused the content of a request, perhaps because of a service point: status 400, 404, 406 or 422."""

    def __init__(self, status: int, found: list[AemoError]) -> None:
        """Take the status and the errors of the answer. The message contains no text of AEMO."""
        super().__init__(f"AEMO answered {status}")
        self.status = status
        self.errors = found


class AemoClient:
    """Sends requests for the participants of all brands."""

    def __init__(self, outbound: Outbound, clock: Clock, shared: SharedValues, processes: int) -> None:
        """`shared` has the state of the limits; see `Throttle`."""
        self._outbound = outbound
        self._authentication = AemoAuthentication(outbound, clock)
        self._throttle = Throttle(clock, shared, processes)
        self._slots: dict[ParticipantKey, asyncio.Semaphore] = {}

    async def send(self, credentials: MarketCredentials, request: AemoRequest, call: AemoCall) -> bytes:
        """Send a request and return the body of the answer, whose status is 200.

        Raises AnswerRefused, and CdsError with what the recipient is told: 503, 504, 429 or 500 (C-A20).
        """
        participant = credentials.participant.id
        try:
            async with asyncio.timeout_at(call.deadline):
                async with self._slots.setdefault(participant, asyncio.Semaphore(MAXIMUM_CONCURRENT)):
                    return await self._send(credentials, request, call)
        except TimeoutError as error:
            logger.warning("aemo.late", extra=_names(participant, request))
            raise errors.late() from error

    async def ask(
        self, credentials: MarketCredentials, request: AemoRequest, call: AemoCall, *, circuit_breaker: bool = False
    ) -> OutboundResponse:
        """Send a request without the limits of a participant, and return the answer with any status.

        Raises OutboundError, TokenRefused.
        """
        options = _options(credentials, request, call, circuit_breaker=circuit_breaker)
        return await self._outbound.request(
            request.method,
            _url(credentials.participant.base_uri, request),
            headers={**_headers(request, call), **await self._authentication.headers(credentials, options)},
            content=request.body,
            options=options,
        )

    async def _send(self, credentials: MarketCredentials, request: AemoRequest, call: AemoCall) -> bytes:
        participant = credentials.participant.id
        if credentials.is_changing:  # either password could be wrong, and six wrong ones lock the user
            raise Unavailable(f"the password of {participant.participant_id} at AEMO is being changed")
        name, mark = _throttle_name(participant), mark_of(credentials)
        try:
            admission = await self._throttle.admit(name, seconds_left(call), mark, call.calls_per_second)
        except Throttled as error:
            raise errors.throttled(error.seconds) from error
        except CredentialsRefused as error:
            raise errors.unexpected() from error
        if admission.wait:
            await asyncio.sleep(admission.wait)
        response = await self._answer(credentials, request, call)
        if response.status in (_THROTTLED, _UNAVAILABLE):
            seconds = await self._throttle.slow_down(name)
            raise errors.throttled(seconds) if response.status == _THROTTLED else errors.unavailable()
        if response.status in (_UNAUTHORISED, _FORBIDDEN):
            await self._refuse(credentials, response.status, name, mark)
        if admission.is_after_failure:
            await self._throttle.succeed(name)
        return _body(response, participant, request)

    async def _answer(self, credentials: MarketCredentials, request: AemoRequest, call: AemoCall) -> OutboundResponse:
        """Send the request and return the answer with any status. Raises CdsError if there is none."""
        participant = credentials.participant
        try:
            with call.secondary().request() as made:
                response = await self.ask(credentials, request, call, circuit_breaker=True)
                if response.status == _THROTTLED:
                    made.result = "rejected"
                elif response.status < _SERVER_ERRORS:
                    made.result = "answered"
        except TokenRefused as error:
            logger.warning("aemo.token_refused", extra={"status": error.status, **_names(participant.id, request)})
            if error.is_about_the_client:
                await self._refuse(credentials, _UNAUTHORISED, _throttle_name(participant.id), mark_of(credentials))
            raise errors.unavailable() from error
        except OutboundError as error:
            # The message names the operation and the reason, and no URL.
            logger.warning("aemo.not_answered", extra={"reason": str(error), **_names(participant.id, request)})
            raise (errors.late() if error.is_late else errors.unavailable()) from error
        return response

    async def _refuse(self, credentials: MarketCredentials, status: int, name: str, mark: str) -> None:
        """Raise the error for credentials that AEMO does not accept. An operator must be called (C-A20).

        A wrong password is not sent again. A token is asked for again. A participant without a permission has status
        403, and gets the answers again as soon as AEMO has granted the permission.
        """
        participant = credentials.participant
        logger.error("aemo.credentials_refused", extra={"status": status, "participant": participant.id.participant_id})
        if participant.mode == "bearer":
            self._authentication.forget_token(participant.id)
        elif status == _UNAUTHORISED:
            await self._throttle.refuse(name, mark)
        raise errors.unexpected()


def _body(response: OutboundResponse, participant: ParticipantKey, request: AemoRequest) -> bytes:
    """Return the body of an answer with status 200. Raises AnswerRefused, CdsError."""
    if response.status == _OK:
        return response.json
    found = read_errors(response.body)
    details = {"status": response.status, "code": code_to_pass_on(found) or "", **_names(participant, request)}
    logger.warning("aemo.refused", extra=details)
    if response.status >= _SERVER_ERRORS or response.status < _CLIENT_ERRORS:  # a redirect is no answer
        raise errors.unavailable()
    if response.status in _ABOUT_THE_CONTENT:
        raise AnswerRefused(response.status, found)
    raise errors.unexpected()


def tls_credential(credentials: MarketCredentials) -> TlsCredential:
    """Return the client certificate of a participant."""
    return TlsCredential(credentials.participant.certificate, credentials.secrets.key)


def _options(
    credentials: MarketCredentials, request: AemoRequest, call: AemoCall, *, circuit_breaker: bool
) -> CallOptions:
    return CallOptions(
        total_seconds=max(seconds_left(call) - _SECONDS_FOR_THE_ERROR, 0.0),
        connect_seconds=CONNECT_SECONDS,
        silence_seconds=max(seconds_left(call), 0.0),
        maximum_bytes=MAXIMUM_ANSWER_BYTES,
        attempts=2 if request.method == "GET" else 1,
        circuit_breaker=circuit_breaker,  # each participant has a certificate, and so a circuit, of its own
        private_hosts=call.private_hosts,
        proxy=credentials.participant.proxy_uri,
        title=f"AEMO's operation {request.operation}",
        peer="aemo",
        credential=tls_credential(credentials),
    )


def _headers(request: AemoRequest, call: AemoCall) -> dict[str, str]:
    """Return the headers of C-A2. Headers of the recipient are never passed on, except the interaction id."""
    headers = {
        "x-v": str(request.version),
        "x-fapi-interaction-id": call.interaction_id,
        "Accept": "application/json",
        "User-Agent": USER_AGENT,
    }
    if call.arrangement_id is not None:
        headers["x-cds-arrangement"] = str(call.arrangement_id)
    if request.body is not None:
        headers["Content-Type"] = "application/json"
    return {**headers, **request.headers}


def _url(base_uri: str, request: AemoRequest) -> str:
    if request.is_at_the_root:
        parts = urlsplit(base_uri)
        base_uri = f"{parts.scheme}://{parts.netloc}"
    query = f"?{urlencode(request.parameters)}" if request.parameters else ""
    return base_uri.rstrip("/") + request.path + query


def _throttle_name(participant: ParticipantKey) -> str:
    return f"{participant.environment}/{participant.participant_id}"


def _names(participant: ParticipantKey, request: AemoRequest) -> dict[str, str]:
    """Return what logs say about a request. A participant is a company, and its id is public."""
    return {"participant": participant.participant_id, "operation": request.operation}


def seconds_left(call: AemoCall) -> float:
    """Return the seconds until the call must have its answer. They can be negative."""
    return call.deadline - asyncio.get_running_loop().time()
