"""The control API's application."""

from typing import Any, Final

from litestar import Litestar, Response

from ops.sandbox.cds_errors import CdsError
from ops.sandbox.control import deployment, holders, messages, participants, products, retailers
from ops.sandbox.control.listener import control_api
from ops.sandbox.jobs import JobFailed
from ops.sandbox.services import SandboxServices
from ops.sandbox.web import HttpRequest

ROUTES: Final = (
    *products.ROUTES,
    *participants.ROUTES,
    *deployment.ROUTES,
    *messages.ROUTES,
    *retailers.ROUTES,
    *holders.ROUTES,
)


def control_application(services: SandboxServices) -> Litestar:
    """Return the control API's application."""
    return control_api(ROUTES, {CdsError: _cds_error, JobFailed: _job_failed}, {"services": services})


def _cds_error(request: HttpRequest, error: CdsError) -> Response[Any]:
    del request
    return Response({"error": error.code, "detail": error.detail}, status_code=error.status)


def _job_failed(request: HttpRequest, error: JobFailed) -> Response[Any]:
    del request
    return Response({"error": "job_failed", "detail": str(error)}, status_code=502)
