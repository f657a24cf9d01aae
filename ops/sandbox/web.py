"""What the sandbox's HTTP faces share."""

from typing import Any
from urllib.parse import parse_qsl

from litestar import Request
from litestar.datastructures import State

from haas.errors import HaasError
from haas.http import client_certificate

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


def address_of(request: HttpRequest) -> str:
    """Return the address under which the client called, as the proxy passed it on."""
    query = request.scope["query_string"].decode("ascii", "replace")
    path = request.scope["path"]
    return f"https://{request.headers.get('host', '')}{path}{'?' if query else ''}{query}"


def check_same_origin(request: HttpRequest) -> None:
    """Refuse a form that another site's page posted. Raises BadRequest."""
    origin = request.headers.get("origin")
    if origin is not None and origin != f"https://{request.headers.get('host', '')}":
        raise BadRequest("this form belongs to another page")
