"""The control API of the e-Hub: participants, certificates, service points, settings, faults, and the calls it got."""

import asyncio
import secrets
from typing import Any

import msgspec
from litestar import Litestar, delete, get, post, put
from litestar.di import NamedDependency
from litestar.params import FromPath
from msgspec import UNSET

from ops.pki.clients import IssuedClient
from ops.pki.errors import PkiError
from ops.pki.store import Pki
from ops.sandbox.control.listener import control_api
from ops.sandbox.control.requests import NotFound, read_body, read_whole_number
from ops.sandbox.ehub.availability import Availability
from ops.sandbox.ehub.control_models import (
    AvailabilityChange,
    NewParticipantCertificate,
    NewRange,
    ParticipantChange,
    ParticipantId,
    PointChange,
    SettingsChange,
)
from ops.sandbox.ehub.faults import ActiveFault, Fault
from ops.sandbox.ehub.hub import EHub
from ops.sandbox.ehub.models import HubSettings, Participant, PointRange, PointSettings
from ops.sandbox.ehub.nmi import canonical_nmi
from ops.sandbox.web import BadRequest, HttpRequest


@get("/participants")
async def list_participants(hub: NamedDependency[EHub]) -> dict[str, Any]:
    """Every participant, with its user and secrets."""
    return {"participants": await hub.participants.all()}


@put("/participants/{participant_id:str}")
async def put_participant(
    request: HttpRequest, participant_id: FromPath[str], hub: NamedDependency[EHub]
) -> Participant:
    """Add a participant, or change the members that are sent."""
    changes = _changes(await read_body(request, ParticipantChange))
    try:
        name = msgspec.convert(participant_id, ParticipantId)
    except msgspec.ValidationError as error:
        raise BadRequest("a participant id has 1 to 20 upper-case letters and digits") from error
    stored = await hub.participants.get(name) or Participant(
        participant_id=name,
        username=f"{name}_API",
        password=f"Aa1-{secrets.token_hex(12)}",
        subscription_key=secrets.token_hex(16),
        password_changed_at=hub.clock.now(),
    )
    if "password" in changes:
        changes.setdefault("password_changed_at", hub.clock.now())
    changed = msgspec.structs.replace(stored, **changes)
    await hub.participants.put(changed)
    return changed


@post("/participants/{participant_id:str}/certificates")
async def issue_certificate(
    request: HttpRequest, participant_id: FromPath[str], hub: NamedDependency[EHub]
) -> dict[str, Any]:
    """Issue a client certificate to a participant. The other certificates of the participant stay valid."""
    wanted = await read_body(request, NewParticipantCertificate)
    if await hub.participants.get(participant_id) is None:
        raise NotFound("no such participant")

    def issue() -> IssuedClient:
        return Pki(hub.process.pki).issue_participant(
            participant_id,
            csr=wanted.csr.encode() if wanted.csr else None,
            expired=wanted.kind == "expired",
            foreign=wanted.kind == "foreign",
        )

    try:
        issued = await asyncio.to_thread(issue)
    except PkiError as error:
        raise BadRequest(str(error)) from error
    return {"certificate": issued.certificate, "private_key": issued.key, "x5t#S256": issued.thumbprint}


@get("/service-points")
async def list_service_points(hub: NamedDependency[EHub]) -> dict[str, Any]:
    """The ranges of service points, and the service points for which something is set."""
    return {"ranges": hub.points.ranges(), "service_points": hub.points.settings()}


@post("/service-points")
async def add_service_points(request: HttpRequest, hub: NamedDependency[EHub]) -> PointRange:
    """Add the service points of consecutive NMIs. Where ranges overlap, the first one that was added decides."""
    wanted = await read_body(request, NewRange)
    added = PointRange(participant_id=wanted.participant_id, first=int(wanted.first), count=wanted.count)
    await hub.points.add_range(added)
    return added


@put("/service-points/{nmi:str}")
async def put_service_point(request: HttpRequest, nmi: FromPath[str], hub: NamedDependency[EHub]) -> dict[str, Any]:
    """Set the properties of one service point. With another participant, the earlier one is no longer its FRMP."""
    wanted = await read_body(request, PointChange)
    settings = PointSettings(**{name: getattr(wanted, name) for name in PointSettings.__struct_fields__})
    await hub.points.put(_nmi(nmi), settings)
    return {"nmi": _nmi(nmi), **msgspec.to_builtins(settings)}


@delete("/service-points/{nmi:str}")
async def reset_service_point(nmi: FromPath[str], hub: NamedDependency[EHub]) -> None:
    """Remove the properties that were set for one service point."""
    if not await hub.points.remove(_nmi(nmi)):
        raise NotFound("nothing is set for this service point")


@get("/settings")
async def read_settings(hub: NamedDependency[EHub]) -> HubSettings:
    """How the e-Hub answers where AEMO publishes nothing."""
    return hub.settings


@put("/settings")
async def change_settings(request: HttpRequest, hub: NamedDependency[EHub]) -> HubSettings:
    """Change the settings that are sent, and fill the bucket of every participant."""
    return hub.change_settings(**_changes(await read_body(request, SettingsChange)))


@delete("/settings", status_code=200)
async def reset_settings(hub: NamedDependency[EHub]) -> HubSettings:
    """Set every setting to its default."""
    return hub.change_settings(**msgspec.structs.asdict(HubSettings()))


@get("/faults")
async def list_faults(hub: NamedDependency[EHub]) -> dict[str, Any]:
    """The active faults, and how many calls each has met and changed."""
    return {"faults": hub.faults.all()}


@post("/faults")
async def add_fault(request: HttpRequest, hub: NamedDependency[EHub]) -> ActiveFault:
    """Make calls fail from now on."""
    return hub.faults.add(await read_body(request, Fault))


@delete("/faults")
async def clear_faults(hub: NamedDependency[EHub]) -> None:
    """End every fault."""
    hub.faults.clear()


@delete("/faults/{number:int}")
async def remove_fault(number: FromPath[int], hub: NamedDependency[EHub]) -> None:
    """End one fault."""
    if not hub.faults.remove(number):
        raise NotFound("no such fault")


@get("/calls")
async def list_calls(request: HttpRequest, hub: NamedDependency[EHub]) -> dict[str, Any]:
    """The calls with an id greater than `after`, oldest first, optionally of one `operation` or `participant_id`."""
    query = request.query_params
    after = read_whole_number(request, "after")
    calls = hub.calls.since(after, query.get("operation"), query.get("participant_id"))
    return {"calls": calls, "count": len(calls), "last": hub.calls.last}


@delete("/calls")
async def clear_calls(hub: NamedDependency[EHub]) -> None:
    """Forget the calls. The ids continue."""
    hub.calls.clear()


@put("/availability")
async def change_availability(request: HttpRequest, hub: NamedDependency[EHub]) -> Availability:
    """Change what the public status and outages say."""
    wanted = await read_body(request, AvailabilityChange)
    members = {name: getattr(wanted, name) for name in wanted.__struct_fields__}
    hub.availability = Availability(**members, updated_at=hub.clock.now())
    return hub.availability


ROUTES = [
    list_participants,
    put_participant,
    issue_certificate,
    list_service_points,
    add_service_points,
    put_service_point,
    reset_service_point,
    read_settings,
    change_settings,
    reset_settings,
    list_faults,
    add_fault,
    clear_faults,
    remove_fault,
    list_calls,
    clear_calls,
    change_availability,
]


def ehub_control_api(hub: EHub) -> Litestar:
    """Return the application of the control API."""
    return control_api(ROUTES, {}, {"hub": hub})


def _changes(body: msgspec.Struct) -> dict[str, Any]:
    """Return the members that were sent."""
    members = {name: getattr(body, name) for name in body.__struct_fields__}
    return {name: value for name, value in members.items() if value is not UNSET}


def _nmi(text: str) -> str:
    nmi = canonical_nmi(text)
    if nmi is None:
        raise BadRequest("an NMI has ten characters, and may have its checksum behind them")
    return nmi
