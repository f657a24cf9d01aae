"""The application of each surface. A path of one surface does not exist on the other."""

from typing import cast

from litestar import Litestar
from litestar.types import ControllerRouterHandler

from apps import consent, dashboard, resources
from apps.http.brand_files import logo, stylesheet
from apps.http.errors import error_handlers
from apps.http.suspension import refuse_when_suspended
from apps.identity import routes as identity
from haas.http import AsgiApplication

MAXIMUM_BODY_BYTES = 512 * 1024


def public_application() -> AsgiApplication:
    """Return the application of the brand's public host: discovery, consent flow, dashboard, status and outages."""
    return _application(
        [stylesheet, logo, *identity.public_routes, *consent.routes, *dashboard.routes, *resources.public_routes]
    )


def secure_application() -> AsgiApplication:
    """Return the application behind mutual TLS: the endpoints of the authorization server and the data APIs."""
    return _application([*identity.secure_routes, *resources.secure_routes])


def _application(routes: list[ControllerRouterHandler]) -> AsgiApplication:
    application = Litestar(
        routes,
        guards=[refuse_when_suspended],
        exception_handlers=error_handlers,
        openapi_config=None,
        logging_config=None,
        request_max_body_size=MAXIMUM_BODY_BYTES,
        debug=False,
    )
    return cast(AsgiApplication, application)
