"""Control API: the calls of the Register to the brands of the running stack."""

from typing import Any

from litestar import get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from ops.sandbox.control.requests import NotFound
from ops.sandbox.services import SandboxServices
from ops.sandbox.tenants import Tenant
from ops.sandbox.web import HttpRequest


@get("/tenants/{name:str}/metrics")
async def get_metrics(
    request: HttpRequest, name: FromPath[str], services: NamedDependency[SandboxServices]
) -> dict[str, Any]:
    """Let the Register call Get Metrics of a brand, with the `period` CURRENT, HISTORIC or ALL; return the answer."""
    period = request.query_params.get("period", "ALL")
    answer = await services.holder_calls.metrics(_tenant(services, name), period)
    return {"status": answer.status_code, "body": answer.json()}


@post("/tenants/{name:str}/metadata-update", status_code=200)
async def update_metadata(name: FromPath[str], services: NamedDependency[SandboxServices]) -> dict[str, Any]:
    """Let the Register call Metadata Update of a brand; return the answer."""
    answer = await services.holder_calls.update_metadata(_tenant(services, name))
    return {"status": answer.status_code, "body": answer.json()}


ROUTES = [get_metrics, update_metadata]


def _tenant(services: SandboxServices, name: str) -> Tenant:
    found = services.tenants.find(name)
    if found is None:
        raise NotFound("no such tenant: name its slug, its Register brand id or its issuer")
    return found
