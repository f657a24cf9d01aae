"""The application of each surface. A path of one surface does not exist on the others."""

from collections.abc import Mapping, Sequence
from typing import Final, cast

from litestar import Litestar
from litestar.types import ControllerRouterHandler

from apps import admin, consent, console, dashboard, resources
from apps.http.admission import refuse_unless_admitted
from apps.http.brand_files import logo, stylesheet
from apps.http.errors import error_handlers
from apps.http.suspension import refuse_when_suspended
from apps.identity import routes as identity
from apps.management import routes as management
from haas.http import AsgiApplication
from tenants.registry.surfaces import Surface

MAXIMUM_BODY_BYTES = 512 * 1024
_ROUTES: Final[Mapping[Surface, Sequence[ControllerRouterHandler]]] = {
    "public": (
        stylesheet,
        logo,
        *identity.public_routes,
        *consent.routes,
        *dashboard.routes,
        *resources.public_routes,
    ),
    "secure": (*identity.secure_routes, *resources.secure_routes),
    "admin": (stylesheet, *admin.routes),
    "management": (*management.routes,),
    "console": (stylesheet, *console.routes),
}


def applications() -> dict[Surface, AsgiApplication]:
    """Return a new application for each surface."""
    return {surface: application_with(routes) for surface, routes in _ROUTES.items()}


def application_with(routes: Sequence[ControllerRouterHandler]) -> AsgiApplication:
    """Return an application that serves `routes`, with the errors and limits that all surfaces have."""
    application = Litestar(
        routes,
        guards=[refuse_unless_admitted, refuse_when_suspended],
        exception_handlers=error_handlers,
        openapi_config=None,
        logging_config=None,
        request_max_body_size=MAXIMUM_BODY_BYTES,
        debug=False,
    )
    return cast(AsgiApplication, application)
