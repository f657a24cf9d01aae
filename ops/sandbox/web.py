"""What the sandbox's HTTP faces share."""

from typing import Any
from urllib.parse import parse_qsl

from litestar import Request
from litestar.datastructures import State

from haas.errors import HaasError
from haas.http import client_certificate
from haas.settings import HTTPS_PORT

HttpRequest = Request[Any, Any, State]
MAXIMUM_BODY_BYTES = 256 * 1024
MAXIMUM_FIELDS = 50
FORM = "application/x-www-form-urlencoded"


class BadRequest(HaasError):
    """A request that cannot be acted on; the message is for its sender."""


def certificate_thumbprint(request: HttpRequest) -> str:
    """Return `x5t#S256` of the certificate that the proxy verified (RFC 9440 2.1, RFC 8705 3.1).

    Raises BadRequest and CertificateHeaderError.
    """
    header = request.headers.get("client-cert")
    if header is None:
        raise BadRequest("a client certificate of the CDR's authority is needed here")
    return client_certificate(header.encode("ascii", "replace")).x5t_s256


async def form_of(request: HttpRequest) -> dict[str, str]:
    """Return the fields of a posted form, each of which stands once. Raises BadRequest."""
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != FORM:
        raise BadRequest(f"the body is {FORM}")
    try:
        fields = parse_qsl(
            (await request.body()).decode("ascii"),
            keep_blank_values=True,
            strict_parsing=False,
            max_num_fields=MAXIMUM_FIELDS,
            errors="strict",
        )
    except ValueError as error:
        raise BadRequest("the form cannot be read") from error
    if len({name for name, _ in fields}) != len(fields):
        raise BadRequest("a field of the form stands twice")
    return dict(fields)


def origin_of(request: HttpRequest) -> str:
    """Return the origin under which the client called: the proxy passes the host's name on, and the port is known."""
    name = request.headers.get("host", "").partition(":")[0]
    port = request.app.state["public_port"]
    return f"https://{name}" if port == HTTPS_PORT else f"https://{name}:{port}"


def address_of(request: HttpRequest) -> str:
    """Return the address under which the client called, query and all."""
    query = request.scope["query_string"].decode("ascii", "replace")
    return f"{origin_of(request)}{request.scope['path']}{'?' if query else ''}{query}"


def check_same_origin(request: HttpRequest) -> None:
    """Refuse a form that another site's page posted. Raises BadRequest."""
    origin = request.headers.get("origin")
    if origin is not None and origin != origin_of(request):
        raise BadRequest("this form belongs to another page")
