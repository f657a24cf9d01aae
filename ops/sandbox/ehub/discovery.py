"""The public status and outages of the e-Hub (C-A17). They need neither a certificate nor a participant."""

from typing import Any, Final

import msgspec
from litestar import Response, get
from litestar.di import NamedDependency

from ops.sandbox.ehub.deviations import Record
from ops.sandbox.ehub.hub import EHub
from ops.sandbox.ehub.operations import OUTAGES, STATUS, Operation
from ops.sandbox.ehub.serving import begin_call, respond, take_faults
from ops.sandbox.versions import negotiated
from ops.sandbox.web import HttpRequest, address_of

BASE: Final = "/NEMRetail/cds-au/v1/discovery"


@get(f"{BASE}/status")
async def get_status(request: HttpRequest, hub: NamedDependency[EHub]) -> Response[Any]:
    """Get Status."""
    return await _answer(request, hub, STATUS, hub.availability.as_status())


@get(f"{BASE}/outages")
async def get_outages(request: HttpRequest, hub: NamedDependency[EHub]) -> Response[Any]:
    """Get Outages."""
    return await _answer(request, hub, OUTAGES, {"outages": msgspec.to_builtins(hub.availability.outages)})


ROUTES = [get_status, get_outages]


async def _answer(request: HttpRequest, hub: EHub, operation: Operation, data: Record) -> Response[Any]:
    call = begin_call(request, hub, operation)
    headers: dict[str, str] = {}

    async def execute() -> Record:
        headers["x-v"] = str(negotiated(request.headers, operation.versions))
        return {"data": data, "links": {"self": address_of(request)}, "meta": {}}

    return await respond(request, call, take_faults(hub, call), execute, headers)
