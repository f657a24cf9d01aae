"""The page on which a person watches the e-Hub and lets it fail. It has a host of its own, without mutual TLS."""

from typing import Any, Final

import msgspec
from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.response import Redirect

from ops.sandbox.ehub.faults import KINDS, Fault
from ops.sandbox.ehub.hub import EHub
from ops.sandbox.templating import Pages, style
from ops.sandbox.web import BadRequest, HttpRequest, check_same_origin, form_of

PAGES: Final = Pages("ehub")
SHOWN_CALLS: Final = 50


@get("/")
async def index(hub: NamedDependency[EHub]) -> Response[str]:
    """Show the participants, the active faults, and the latest calls, newest first."""
    return PAGES.show(
        "index.html",
        participants=await hub.participants.all(),
        ranges=hub.points.ranges(),
        faults=hub.faults.all(),
        kinds=KINDS,
        calls=hub.calls.latest(SHOWN_CALLS),
        availability=hub.availability,
    )


@post("/faults", status_code=303)
async def add_fault(request: HttpRequest, hub: NamedDependency[EHub]) -> Redirect:
    """Activate the fault of the form."""
    check_same_origin(request)
    fields = {name: value for name, value in (await form_of(request)).items() if value}
    try:
        hub.faults.add(msgspec.convert(fields, Fault, strict=False))
    except msgspec.ValidationError as error:
        raise BadRequest(str(error)) from error
    return Redirect("/", status_code=303)


@post("/faults/end", status_code=303)
async def end_faults(request: HttpRequest, hub: NamedDependency[EHub]) -> Redirect:
    """End every fault."""
    check_same_origin(request)
    hub.faults.clear()
    return Redirect("/", status_code=303)


@get("/style.css")
async def style_sheet() -> Response[Any]:
    """The page's style."""
    return style("ehub")


ROUTES = [index, add_fault, end_faults, style_sheet]
