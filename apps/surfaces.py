"""What each surface serves: a path of one does not exist on another."""

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


def public() -> AsgiApplication:
    """The brand's public host: discovery, the consent flow, the dashboard, status and outages."""
    return _application(
        [stylesheet, logo, *identity.public_routes, *consent.routes, *dashboard.routes, *resources.public_routes]
    )


def secure() -> AsgiApplication:
    """The host behind mutual TLS: the authorization server's endpoints and the resource APIs."""
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
