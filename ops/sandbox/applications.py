"""The sandbox's HTTP applications, one for each host, and the responses for the errors of each."""

from typing import Any

from litestar import Litestar, Response

from ops.sandbox.cds_errors import CdsError
from ops.sandbox.mailbox import routes as mailbox_routes
from ops.sandbox.recipient import endpoints, pages
from ops.sandbox.register import routes as register_routes
from ops.sandbox.register import web_page
from ops.sandbox.register.errors import BearerRefused, TokenRefused
from ops.sandbox.retailer import routes as retailer_routes
from ops.sandbox.retailer.authorisation import NotAuthenticated
from ops.sandbox.retailer.routes import NotServed, RetailerServer
from ops.sandbox.services import SandboxServices
from ops.sandbox.web import BadRequest, HttpRequest
from ops.sandbox.web_application import Handler, application


def register_application(services: SandboxServices) -> Litestar:
    """Return the application of the Register's public host."""
    parts = {
        "register": services.register,
        "authorisation": services.authorisation,
        "tenants": services.tenants,
        "holder_calls": services.holder_calls,
    }
    routes = [*register_routes.PUBLIC, *web_page.ROUTES]
    return application(routes, _REGISTER_ERRORS, parts, public_port=services.settings.public_port)


def secure_register_application(services: SandboxServices) -> Litestar:
    """Return the application of the Register's mutual-TLS host."""
    parts = {"register": services.register, "authorisation": services.authorisation}
    return application(register_routes.SECURE, _REGISTER_ERRORS, parts, public_port=services.settings.public_port)


def recipient_application(services: SandboxServices) -> Litestar:
    """Return the application of the data recipient's host."""
    parts = {
        "sharing": services.sharing,
        "hosting": services.hosting,
        "revocation": services.revocation,
        "tenants": services.tenants,
        "mailbox_address": services.settings.origin("mailbox"),
    }
    return application([*pages.ROUTES, *endpoints.ROUTES], {}, parts, public_port=services.settings.public_port)


def mailbox_application(services: SandboxServices) -> Litestar:
    """Return the application of the mailbox's host."""
    parts = {
        "mailbox": services.mailbox,
        "gateways": services.gateways,
        "tenants": services.tenants,
        "recipient_address": services.settings.origin("recipient"),
    }
    return application(mailbox_routes.ROUTES, {}, parts, public_port=services.settings.public_port)


def retailer_application(server: RetailerServer, public_port: int) -> Litestar:
    """Return the application of the retailers' own servers, on their mutual-TLS host."""
    return application(retailer_routes.ROUTES, _RETAILER_ERRORS, {"server": server}, public_port=public_port)


def _cds_error(request: HttpRequest, error: CdsError) -> Response[Any]:
    del request
    return Response(error.payload(), status_code=error.status)


def _token_refused(request: HttpRequest, error: TokenRefused) -> Response[Any]:
    del request
    status = 401 if error.error == "invalid_client" else 400
    headers = {"Cache-Control": "no-store"}
    return Response({"error": error.error, "error_description": error.description}, status_code=status, headers=headers)


def _bearer_refused(request: HttpRequest, error: BearerRefused) -> Response[Any]:
    del request, error
    return Response(None, status_code=401, headers={"WWW-Authenticate": 'Bearer error="invalid_token"'})


_REGISTER_ERRORS: dict[type[Exception], Handler] = {
    CdsError: _cds_error,
    TokenRefused: _token_refused,
    BearerRefused: _bearer_refused,
}

_RETAILER_ERRORS: dict[type[Exception], Handler] = {
    NotAuthenticated: retailer_routes.not_authenticated,
    NotServed: retailer_routes.not_served,
    BadRequest: retailer_routes.wrong_request,
}
