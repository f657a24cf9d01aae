"""Control API: the product's jobs, the clock of the deployment, and preset one-time codes."""

from datetime import timedelta
from typing import Any

from litestar import delete, get, post, put
from litestar.di import NamedDependency
from litestar.params import FromPath

from haas.clock import Clock, MovableClock
from ops.sandbox.control.models import ClockMove, PresetCode
from ops.sandbox.control.requests import Conflict, NotFound, read_body
from ops.sandbox.jobs import JobDone
from ops.sandbox.services import SandboxServices
from ops.sandbox.web import HttpRequest


@post("/register-poll", status_code=200)
async def poll_register(services: NamedDependency[SandboxServices]) -> JobDone:
    """Run the product's job that reads the Register, and wait for its end."""
    return await services.jobs.run("register-poll")


@post("/outbox-drain", status_code=200)
async def drain_outbox(services: NamedDependency[SandboxServices]) -> JobDone:
    """Run the product's job that sends the messages in its outbox, and wait for its end."""
    return await services.jobs.run("outbox-drain")


@get("/clock")
async def read_clock(services: NamedDependency[SandboxServices]) -> dict[str, Any]:
    """Return the time of every process of this deployment, and by how many seconds it was moved."""
    return _clock(services.clock)


@post("/clock", status_code=200)
async def move_clock(request: HttpRequest, services: NamedDependency[SandboxServices]) -> dict[str, Any]:
    """Move the clock of every process of this deployment."""
    move = await read_body(request, ClockMove)
    if not isinstance(services.clock, MovableClock):
        raise Conflict("this deployment has no movable clock")
    if move.reset:
        services.clock.reset()
    try:
        services.clock.move(timedelta(seconds=move.seconds))
    except OverflowError as error:
        raise Conflict("the clock cannot be moved that far") from error
    return _clock(services.clock)


@get("/preset-codes")
async def list_preset_codes(services: NamedDependency[SandboxServices]) -> dict[str, Any]:
    """Every preset one-time code: tenant → identifier → code."""
    return {"preset_codes": services.preset_codes.all()}


@put("/preset-codes/{tenant:str}/{identifier:str}")
async def set_preset_code(
    request: HttpRequest, tenant: FromPath[str], identifier: FromPath[str], services: NamedDependency[SandboxServices]
) -> dict[str, str]:
    """Send the same one-time code to a customer from now on."""
    preset = await read_body(request, PresetCode)
    await services.preset_codes.set(tenant, identifier, preset.code)
    return {"tenant": tenant, "identifier": identifier, "code": preset.code}


@delete("/preset-codes/{tenant:str}/{identifier:str}")
async def remove_preset_code(
    tenant: FromPath[str], identifier: FromPath[str], services: NamedDependency[SandboxServices]
) -> None:
    """Send random codes to a customer again."""
    if not await services.preset_codes.remove(tenant, identifier):
        raise NotFound("the customer has no preset code")


ROUTES = [
    poll_register,
    drain_outbox,
    read_clock,
    move_clock,
    list_preset_codes,
    set_preset_code,
    remove_preset_code,
]


def _clock(clock: Clock) -> dict[str, Any]:
    offset = clock.offset.total_seconds() if isinstance(clock, MovableClock) else 0.0
    return {"now": clock.now().isoformat(), "offset_seconds": offset}
