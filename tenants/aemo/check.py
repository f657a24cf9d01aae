"""One request to AEMO with a known NMI, and a plain report for the staff (C-A16)."""

import asyncio
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime
from time import perf_counter
from typing import Final, NamedTuple
from uuid import uuid4

import msgspec
from cryptography import x509

from haas.clock import Clock
from haas.outbound import OutboundError
from tenants.aemo.answers import Unreadable, read_page
from tenants.aemo.authentication import TokenRefused
from tenants.aemo.client import AemoClient
from tenants.aemo.credential_state import CredentialsRefused
from tenants.aemo.error_bodies import code_to_pass_on, read_errors, short_nmi
from tenants.aemo.models import AemoCall, AemoRequest
from tenants.aemo.throttle import Throttled
from tenants.market.models import PASSWORD_MODES, MarketCredentials

SECONDS_TO_ANSWER: Final = 15.0
PASSWORD_LIFETIME: Final = timedelta(days=90)
LARGEST_CLOCK_DIFFERENCE: Final = timedelta(seconds=30)
_OK: Final = 200
_REASONS: Final = {
    400: "AEMO does not accept the request",
    401: "AEMO does not accept the user or the password, or has locked the user (after six wrong tries)",
    403: "the participant id is not valid, or it has no permission for the CDR API",
    404: "there is nothing at the base URI, or AEMO does not know the service point",
    422: "the participant is not the FRMP of the service point, or the user lacks the rights entity for the CDR",
    429: "AEMO's throttling limit is exceeded",
    500: "AEMO has an error; it also answers so if the certificate and the key do not match",
    503: "AEMO is not available, throttles, or could not verify the certificate",
}


_AGAIN: Final = (
    "next",
    "enter the password that AEMO accepts with `haas aemo set-password`, or ask with --again if AEMO has unlocked it",
)


class CheckReport(NamedTuple):
    """The result of a check."""

    succeeded: bool
    lines: list[tuple[str, str]]
    """What was found, each with a title. They contain no secret and no data of the service point."""


async def check(
    client: AemoClient,
    credentials: MarketCredentials,
    nmi: str,
    private_hosts: frozenset[str],
    clock: Clock,
    *,
    again: bool = False,
) -> CheckReport:
    """Ask AEMO for one service point, and report the answer. It sends one request, and one for a token if needed.

    Credentials that AEMO has refused are not sent, except with `again`.
    """
    lines = _known(credentials, clock.now())
    body = msgspec.json.encode({"data": {"servicePointIds": [short_nmi(nmi)]}, "meta": {}})
    request = AemoRequest("listElectricityServicePointsSR", "POST", "/electricity/servicepoints", 2, {}, body)
    call = AemoCall(
        interaction_id=str(uuid4()),
        arrangement_id=uuid4(),
        private_hosts=private_hosts,
        deadline=asyncio.get_running_loop().time() + SECONDS_TO_ANSWER,
    )
    started = perf_counter()
    try:
        response = await client.try_once(credentials, request, call, again=again)
    except CredentialsRefused as error:
        return CheckReport(False, [*lines, ("answer", f"not asked: {error}. Six wrong tries lock the user"), _AGAIN])
    except (Throttled, TimeoutError):
        return CheckReport(False, [*lines, ("answer", "not asked: the limits of the participant do not permit it now")])
    except TokenRefused as error:
        return CheckReport(False, [*lines, ("answer", f"no access token: {error}")])
    except OutboundError as error:
        return CheckReport(False, [*lines, ("answer", f"none: {error}")])
    lines.append(("latency", f"{(perf_counter() - started) * 1000:.0f} ms"))
    lines.append(("clock", _clock_difference(response.headers.get("date"), clock.now())))
    if response.status == _OK:
        found, text = _found(response.json)
        return CheckReport(found, [*lines, ("answer", text)])
    code = code_to_pass_on(read_errors(response.body))
    reason = _REASONS.get(response.status, "AEMO's documentation does not name this status")
    return CheckReport(False, [*lines, ("answer", f"{response.status}: {reason}"), ("code", code or "none")])


def _known(credentials: MarketCredentials, now: datetime) -> list[tuple[str, str]]:
    """Return what is known without a request: until when the certificate and the password are valid."""
    participant = credentials.participant
    certificate = x509.load_pem_x509_certificates(participant.certificate.encode())[0]
    ends = certificate.not_valid_after_utc
    lines = [
        ("participant", f"{participant.id.participant_id} in {participant.id.environment}"),
        ("address", participant.base_uri + (f" through {participant.proxy_uri}" if participant.proxy_uri else "")),
        ("mode", participant.mode),
        ("certificate", f"ends on {ends:%Y-%m-%d}, {_days(ends - now)}"),
    ]
    if participant.mode in PASSWORD_MODES:
        expires = credentials.changed_at + PASSWORD_LIFETIME
        lines.append(("password", f"expires on {expires:%Y-%m-%d}, {_days(expires - now)}"))
    if credentials.is_changing:
        lines.append(("change", "a change of the password has begun, and its result is not known"))
    elif credentials.is_stopped:
        lines.append(("change", "AEMO has refused the password when it was to be changed"))
    return lines


def _days(left: timedelta) -> str:
    return f"in {left.days} days" if left.days >= 0 else "which is in the past"


def _clock_difference(date: str | None, now: datetime) -> str:
    try:
        theirs = parsedate_to_datetime(date or "")
    except (TypeError, ValueError):
        return "AEMO's answer has no date"
    difference = theirs - now
    text = f"AEMO's clock differs by {difference.total_seconds():+.0f} s"
    return text if abs(difference) <= LARGEST_CLOCK_DIFFERENCE else f"{text}: check the clock of this machine"


def _found(body: bytes) -> tuple[bool, str]:
    try:
        records = msgspec.json.decode(read_page(body, "servicePoints").records, type=list[msgspec.Raw])
    except Unreadable as error:
        return False, f"200, but {error}"
    return (True, "200 with the service point") if records else (False, "200 without the service point")
