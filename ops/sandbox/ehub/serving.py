"""How every operation of the CDR API is answered: record the call, fail if told so, check, answer."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, Final

import msgspec
from litestar import Response

from ops.sandbox.cds_errors import CdsError, expected_error, not_found, service_unavailable, unexpected_error
from ops.sandbox.ehub.authentication import authenticated
from ops.sandbox.ehub.calls import RecordedCall
from ops.sandbox.ehub.delivery import deliver_as
from ops.sandbox.ehub.deviations import DEVIATIONS, Record, has_no_der, records_of, with_records
from ops.sandbox.ehub.faults import Fault, selected_nmis
from ops.sandbox.ehub.hub import EHub
from ops.sandbox.ehub.models import Participant, ServicePoint
from ops.sandbox.ehub.nmi import canonical_nmi
from ops.sandbox.ehub.operations import Operation
from ops.sandbox.ehub.requests import check_headers, forbidden_headers, read_nmis
from ops.sandbox.versions import negotiated
from ops.sandbox.web import HttpRequest

_THROTTLED: Final = 429
_UNAVAILABLE: Final = 503
_CLIENT_ERRORS: Final = range(400, 500)
_OK: Final = 200
_BAD_REQUEST: Final = 400
_INVALID_FIELD: Final = "urn:au-cds:error:cds-all:Field/Invalid"
_INVALID_SERVICE_POINT: Final = "urn:au-cds:error:cds-energy:Authorisation/InvalidServicePoint"
_APPLICATION_CODE: Final = "InvalidSP-001"


class Asked(msgspec.Struct, frozen=True):
    """A checked call: who asks for which service points in which version."""

    participant: Participant
    version: int
    points: list[ServicePoint]
    nmis: list[str]
    """As the caller wrote them."""


Work = Callable[[Asked], Record]
"""Makes the body of an answer. Raises CdsError."""


async def answer(
    request: HttpRequest, hub: EHub, operation: Operation, work: Work, *, nmi: str | None = None, bad_point: int
) -> Response[Any]:
    """Answer a call. `nmi` is that of the path; without it the body has the NMIs.

    `bad_point` is the status of an NMI for which the caller is not the FRMP.
    """
    nmis, fault_of_body = await _nmis(request, nmi)
    call = begin_call(request, hub, operation, nmis)
    faults = take_faults(hub, call)
    headers = {"x-fapi-interaction-id": request.headers.get("x-fapi-interaction-id", "")}

    async def execute() -> Record:
        participant = await authenticated(request, hub)
        check_headers(request, hub.settings)
        version = negotiated(request.headers, operation.versions)
        headers["x-v"] = str(version)
        if fault_of_body is not None:
            raise fault_of_body
        if len(nmis) > hub.settings.nmis_of_a_request:
            raise expected_error(400, f"a request has at most {hub.settings.nmis_of_a_request} service points")
        points = _points(hub, participant, nmis, faults, bad_point)
        return deviated(work(Asked(participant, version, points, nmis)), faults)

    return await respond(request, call, faults, execute, headers)


def begin_call(request: HttpRequest, hub: EHub, operation: Operation, nmis: Sequence[str] = ()) -> RecordedCall:
    """Record a call."""
    return hub.calls.begin(
        operation.name,
        at=hub.clock.now(),
        headers={name.lower(): value for name, value in request.headers.items()},
        query={name: request.query_params[name] for name in request.query_params},
        nmis=nmis,
        forbidden_headers=forbidden_headers(request),
    )


def take_faults(hub: EHub, call: RecordedCall) -> list[Fault]:
    """Return the faults that apply to a call, and record their kinds with it."""
    faults = hub.faults.take(call.operation, call.participant_id, call.nmis)
    call.faults = [fault.kind for fault in faults]
    return faults


async def respond(
    request: HttpRequest,
    call: RecordedCall,
    faults: Sequence[Fault],
    execute: Callable[[], Awaitable[Record]],
    headers: dict[str, str],
    *,
    describe: Callable[[CdsError], Record] = CdsError.payload,
) -> Response[Any]:
    """Execute an operation and return its response, with the faults that concern the whole response.

    `describe` makes the body of an error.
    """
    await asyncio.sleep(sum(fault.seconds for fault in faults if fault.kind == "slow"))
    refusal = next((fault for fault in faults if fault.kind in {"error", "html"}), None)
    response: Response[Any]
    try:
        body = {} if refusal is not None and not refusal.executed else await execute()
        if refusal is None:
            response = Response(msgspec.json.encode(body), status_code=_OK, media_type="application/json")
        elif refusal.kind == "html":
            response = _html(refusal)
        else:
            raise _error(refusal)
    except CdsError as error:
        payload = describe(error)
        for change in (DEVIATIONS[fault.kind].error for fault in faults if fault.kind in DEVIATIONS):
            payload = change(payload) if change is not None else payload
        response = Response(msgspec.json.encode(payload), status_code=error.status, media_type="application/json")
    call.status = response.status_code
    response.headers.update({name: value for name, value in headers.items() if value})
    deliver_as(request, faults)
    return response


def deviated(body: Record, faults: Sequence[Fault]) -> Record:
    """Return an answer with the deviations of its faults. Raises CdsError when the answer is then an error."""
    for fault in faults:
        concerned = "access_token" if fault.kind == "samples-token" else "data"
        if fault.kind not in DEVIATIONS or concerned not in body:
            continue
        change = DEVIATIONS[fault.kind]
        if change.record is not None:
            selected = selected_nmis(fault)
            records = [
                change.record(record) if not selected or _nmi_of(record) in selected else record
                for record in records_of(body)
            ]
            body = with_records(body, records)
        if fault.kind == "unasked-service-point":
            body = _with_unasked(body, fault.other_nmi)
        elif fault.kind == "no-der-not-found" and has_no_der(body["data"]):
            raise _no_der(body["data"])
        body = body if change.body is None else change.body(body)
    return body


def _invalid_service_points(status: int, written: Sequence[str]) -> CdsError:
    """Return AEMO's own error for NMIs whose FRMP the caller is not (C-D6, C-E9). It contains them (case L13)."""
    urn = _INVALID_FIELD if status == _BAD_REQUEST else _INVALID_SERVICE_POINT
    first, *further = (CdsError(status, _APPLICATION_CODE, "Invalid Service Point", nmi, urn=urn) for nmi in written)
    return CdsError(first.status, first.code, first.title, first.detail, urn=urn, further=further)


async def _nmis(request: HttpRequest, nmi: str | None) -> tuple[list[str], CdsError | None]:
    """Return the NMIs of a call, or the error of its body, which is answered after all other checks."""
    if nmi is not None:
        return [nmi], None
    try:
        return await read_nmis(request), None
    except CdsError as error:
        return [], error


def _points(
    hub: EHub, participant: Participant, nmis: Sequence[str], faults: Sequence[Fault], bad_point: int
) -> list[ServicePoint]:
    """Return the service points in the order of their NMIs (C-I1). Raises CdsError for the whole list (C-D6)."""
    foreign = [selected_nmis(fault) for fault in faults if fault.kind == "not-frmp"]
    points: dict[str, ServicePoint] = {}
    refused = []
    for written in dict.fromkeys(nmis):
        point = hub.points.find(written)
        is_foreign = any(not selected or canonical_nmi(written) in selected for selected in foreign)
        if point is None or point.participant_id != participant.participant_id or is_foreign:
            refused.append(written)
        else:
            points[point.nmi] = point
    if refused:
        listed = refused if hub.settings.refused_points == "all" else refused[:1]
        raise _invalid_service_points(bad_point, listed)
    return [points[nmi] for nmi in sorted(points)]


def _with_unasked(body: Record, nmi: str) -> Record:
    records = records_of(body)
    names = ("servicePointId", "nationalMeteringId")
    copies = [{key: nmi if key in names else value for key, value in record.items()} for record in records[:1]]
    is_list = records != [body.get("data")]
    return with_records(body, records + copies if is_list else copies)


def _no_der(record: Record) -> CdsError:
    return not_found(f"no DER record exists for {record['servicePointId']}")


def _nmi_of(record: Record) -> str | None:
    return canonical_nmi(str(record.get("servicePointId", "")))


def _error(fault: Fault) -> CdsError:
    status, detail = fault.status, fault.detail or "the e-Hub was told to fail"
    if status == _UNAVAILABLE:
        default = service_unavailable(detail)
    elif status in _CLIENT_ERRORS:
        default = expected_error(status, detail)
    else:
        default = unexpected_error(status, detail)
    title = fault.title or ("Too many requests" if status == _THROTTLED else default.title)
    return CdsError(status, fault.code or default.code, title, detail, urn=fault.urn)


def _html(fault: Fault) -> Response[str]:
    page = f"<!doctype html><html><title>Gateway</title><h1>{fault.status}</h1><p>{fault.detail or 'Error'}</p></html>"
    return Response(page, status_code=fault.status, media_type="text/html")
