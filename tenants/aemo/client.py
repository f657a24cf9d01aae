"""Sends requests to AEMO within the limits of a participant, and knows what its status codes mean (C-A14, C-A20)."""

import asyncio
import logging
from collections.abc import Iterable
from typing import Any, Final

import msgspec
from prometheus_client.metrics_core import Metric

from haas.clock import Clock
from haas.errors import Unavailable
from haas.metrics import Counts
from haas.outbound import Outbound, OutboundError, OutboundResponse
from haas.shared_values import SharedValues
from tenants.aemo import errors
from tenants.aemo.authentication import TokenRefused, mark_of
from tenants.aemo.credential_state import TRIAL_SECONDS, CredentialsRefused, TrialInProgress
from tenants.aemo.error_bodies import AemoError, code_to_pass_on, read_errors
from tenants.aemo.http_requests import AemoHttp, seconds_left
from tenants.aemo.models import AemoCall, AemoRequest
from tenants.aemo.slots import RequestSlots
from tenants.aemo.throttle import SendPermission, Throttle, Throttled
from tenants.calls.secondary import SecondaryRequest
from tenants.market.models import MarketCredentials, ParticipantKey

logger = logging.getLogger(__name__)

SECONDS_BETWEEN_LOOKS: Final = 0.05
"""How often a request looks whether AEMO has accepted the credentials that another request tries."""
_OK: Final = 200
_UNAUTHORISED: Final = 401
_FORBIDDEN: Final = 403
_ABOUT_THE_CONTENT: Final = (400, 404, 406, 422)
_ACCEPTED: Final = (_OK, *_ABOUT_THE_CONTENT)
"""The statuses that say that AEMO accepts the credentials: it has looked at the content of the request."""
_THROTTLED: Final = 429
_UNAVAILABLE: Final = 503
_CLIENT_ERRORS: Final = 400
_SERVER_ERRORS: Final = 500
_REFUSALS: Final = ("401", "403", "token", "not-sent")
"""Why a call failed that AEMO's refusal of the credentials concerns: by the answer, or because nothing was sent."""


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
        self._http = AemoHttp(outbound, clock)
        self._throttle = Throttle(clock, shared, processes)
        self._slots: dict[ParticipantKey, RequestSlots] = {}
        self._trials: set[asyncio.Task[Any]] = set()
        self._refusals = Counts(
            "haas_aemo_credentials_refused",
            "Requests that fail because AEMO does not accept the credentials.",
            ("reason",),
            [(reason,) for reason in _REFUSALS],
        )

    async def send(self, credentials: MarketCredentials, request: AemoRequest, call: AemoCall) -> bytes:
        """Send a request and return the body of the answer, whose status is 200.

        Raises AnswerRefused, and CdsError with what the recipient is told: 503, 504, 429 or 500 (C-A20).
        """
        participant = credentials.participant.id
        if not credentials.is_usable:
            raise Unavailable(f"it is not known which password AEMO accepts from {participant.participant_id}")
        try:
            async with asyncio.timeout_at(call.deadline), self._slots_of(participant):
                return await self._send(credentials, request, call)
        except TimeoutError as error:
            logger.warning("aemo.late", extra=_names(participant, request))
            raise errors.late() from error

    async def ask(self, credentials: MarketCredentials, request: AemoRequest, call: AemoCall) -> OutboundResponse:
        """Send a request without the limits of a participant, and return the answer with any status.

        Only a change of a password may use this, because no other request is sent meanwhile. Raises OutboundError,
        TokenRefused.
        """
        return await self._http.ask(credentials, request, call)

    async def try_once(
        self, credentials: MarketCredentials, request: AemoRequest, call: AemoCall, *, again: bool = False
    ) -> OutboundResponse:
        """Send a request of the staff within the limits, and return the answer with any status.

        `again` permits one more try of credentials that AEMO has refused. Raises CredentialsRefused, Throttled,
        OutboundError, TokenRefused, and TimeoutError if another process tries the credentials all the time.
        """
        if again:
            await self._throttle.forget_refusal(_throttle_name(credentials.participant.id))
        elif not credentials.is_usable:
            raise CredentialsRefused("it is not known which password AEMO accepts")
        async with asyncio.timeout_at(call.deadline):
            permission = await self._permission(credentials, call)
        return (await self._answer(credentials, request, call, permission))[0]

    def collect(self) -> Iterable[Metric]:
        """Return how often AEMO's refusal of credentials made a request fail."""
        return self._refusals.collect()

    async def close(self) -> None:
        """End the trials whose answer nobody waits for."""
        for task in self._trials:
            task.cancel()
        await asyncio.gather(*self._trials, return_exceptions=True)

    async def _send(self, credentials: MarketCredentials, request: AemoRequest, call: AemoCall) -> bytes:
        participant = credentials.participant.id
        try:
            permission = await self._permission(credentials, call)
            response, pause = await self._answer(credentials, request, call, permission)
        except Throttled as error:
            raise errors.throttled(error.seconds) from error
        except CredentialsRefused as error:
            self._refusals.add(("not-sent",))
            raise errors.unexpected() from error
        except TokenRefused as error:
            logger.warning("aemo.token_refused", extra={"status": error.status, **_names(participant, request)})
            raise (errors.unexpected() if error.is_about_the_client else errors.unavailable()) from error
        except OutboundError as error:
            # The message names the operation and the reason, and no URL.
            logger.warning("aemo.not_answered", extra={"reason": str(error), **_names(participant, request)})
            raise (errors.late() if error.is_late else errors.unavailable()) from error
        if response.status == _THROTTLED:
            raise errors.throttled(pause)
        return _body(response, participant, request)

    async def _permission(self, credentials: MarketCredentials, call: AemoCall) -> SendPermission:
        """Return the permission to send a request, as soon as no other request tries the credentials."""
        participant, mark = credentials.participant.id, mark_of(credentials)
        while True:
            try:
                permission = await self._throttle.admit(
                    _throttle_name(participant), seconds_left(call), mark, call.calls_per_second
                )
            except TrialInProgress:
                await asyncio.sleep(SECONDS_BETWEEN_LOOKS)
            else:
                self._slots_of(participant).adjust(permission.rate_left)
                return permission

    async def _answer(
        self, credentials: MarketCredentials, request: AemoRequest, call: AemoCall, permission: SendPermission
    ) -> tuple[OutboundResponse, float]:
        """Send a request, and return the answer with the seconds for which AEMO must be left alone.

        A trial goes on if its caller does not wait for it any more: what AEMO answers must become known.
        """
        if not permission.is_trial:
            await asyncio.sleep(permission.wait)
            with call.secondary().request() as made:
                return await self._asked(credentials, request, call, permission, made)
        with call.secondary().request() as made:
            trial = asyncio.create_task(self._tried(credentials, request, call, permission, made), name="aemo.trial")
            self._trials.add(trial)
            trial.add_done_callback(self._trials.discard)
            return await asyncio.shield(trial)

    async def _tried(
        self,
        credentials: MarketCredentials,
        request: AemoRequest,
        call: AemoCall,
        permission: SendPermission,
        made: SecondaryRequest,
    ) -> tuple[OutboundResponse, float]:
        try:
            await asyncio.sleep(permission.wait)
            deadline = asyncio.get_running_loop().time() + TRIAL_SECONDS
            patient = msgspec.structs.replace(call, deadline=max(call.deadline, deadline))
            return await self._asked(credentials, request, patient, permission, made)
        finally:
            await self._throttle.end_trial(_throttle_name(credentials.participant.id), mark_of(credentials))

    async def _asked(
        self,
        credentials: MarketCredentials,
        request: AemoRequest,
        call: AemoCall,
        permission: SendPermission,
        made: SecondaryRequest,
    ) -> tuple[OutboundResponse, float]:
        """Send a request, and record what the answer says of the limits and of the credentials."""
        participant, pause = credentials.participant.id, 0.0
        name, mark = _throttle_name(participant), mark_of(credentials)
        try:
            response = await self._http.ask(credentials, request, call, circuit_breaker=True)
        except TokenRefused as error:
            if error.is_about_the_client:
                _report_refusal(participant, error.status)
                self._refusals.add(("token",))
                await self._throttle.refuse(name, mark)
            raise
        if response.status in (_THROTTLED, _UNAVAILABLE):
            slowdown = await self._throttle.slow_down(name)
            self._slots_of(participant).adjust(slowdown.rate_left)
            pause = slowdown.seconds
        elif response.status in (_UNAUTHORISED, _FORBIDDEN):
            await self._refused(credentials, response.status)
        elif response.status in _ACCEPTED and (permission.is_trial or permission.is_after_failure):
            await self._throttle.succeed(name, mark)
        if response.status < _SERVER_ERRORS:
            made.result = "rejected" if response.status == _THROTTLED else "answered"
        return response, pause

    async def _refused(self, credentials: MarketCredentials, status: int) -> None:
        """Record that AEMO does not accept the credentials of a request. An operator must be called (C-A20).

        A wrong password is not sent again. A token is asked for again. A participant without a permission has status
        403, and gets the answers again as soon as AEMO has granted the permission.
        """
        participant = credentials.participant
        _report_refusal(participant.id, status)
        self._refusals.add((str(status),))
        if participant.mode == "bearer":
            self._http.forget_token(participant.id)
        elif status == _UNAUTHORISED:
            await self._throttle.refuse(_throttle_name(participant.id), mark_of(credentials))

    def _slots_of(self, participant: ParticipantKey) -> RequestSlots:
        return self._slots.setdefault(participant, RequestSlots())


def _report_refusal(participant: ParticipantKey, status: int) -> None:
    logger.error("aemo.credentials_refused", extra={"status": status, "participant": participant.participant_id})


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


def _throttle_name(participant: ParticipantKey) -> str:
    return f"{participant.environment}/{participant.participant_id}"


def _names(participant: ParticipantKey, request: AemoRequest) -> dict[str, str]:
    """Return what logs say about a request. A participant is a company, and its id is public."""
    return {"participant": participant.participant_id, "operation": request.operation}
