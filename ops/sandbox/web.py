"""Functions that the sandbox's HTTP applications share: certificates, forms and addresses of requests."""

import hashlib
import re
from base64 import b64decode
from binascii import Error as Base64Error
from typing import Any, Final
from urllib.parse import parse_qsl

from litestar import Request
from litestar.datastructures import State
from litestar.types import Scope

from haas.errors import HaasError
from haas.settings import HTTPS_PORT
from ops.sandbox.jose.tokens import base64url

HttpRequest = Request[Any, Any, State]
MAXIMUM_BODY_BYTES = 256 * 1024
MAXIMUM_FIELDS = 50
FORM = "application/x-www-form-urlencoded"
_BYTE_SEQUENCE: Final = re.compile(r":([A-Za-z0-9+/]{1,16384}={0,2}):")  # RFC 8941 3.3.5


class BadRequest(HaasError):
    """The request cannot be processed. The message is for its sender."""


def certificate_thumbprint(request: HttpRequest) -> str:
    """Return `x5t#S256` of the certificate that the proxy verified (RFC 8705 3.1). Raises BadRequest."""
    return base64url(hashlib.sha256(client_certificate(request)).digest())


def client_certificate(request: HttpRequest) -> bytes:
    """Return the certificate that the proxy verified, as DER (RFC 9440 2.1). Raises BadRequest."""
    header = request.headers.get("client-cert")
    if header is None:
        raise BadRequest("a client certificate of the CDR's authority is required")
    sequence = _BYTE_SEQUENCE.fullmatch(header)
    if sequence is None:
        raise BadRequest("the Client-Cert header is not a byte sequence")
    try:
        return b64decode(sequence[1], validate=True)
    except Base64Error as error:
        raise BadRequest("the Client-Cert header is not base64") from error


async def form_of(request: HttpRequest) -> dict[str, str]:
    """Return the fields of a posted form, in which each field occurs one time. Raises BadRequest."""
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != FORM:
        raise BadRequest(f"the body must be {FORM}")
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
        raise BadRequest("a field of the form occurs more than one time")
    return dict(fields)


def host_of(scope: Scope) -> str:
    """Return the host name that a request is for, in lower case and without a port."""
    return dict(scope["headers"]).get(b"host", b"").decode("ascii", "replace").partition(":")[0].lower()


def origin_of(request: HttpRequest) -> str:
    """Return the origin that the client called: the host name from the Host header and the proxy's public port."""
    name = request.headers.get("host", "").partition(":")[0]
    port = request.app.state["public_port"]
    return f"https://{name}" if port == HTTPS_PORT else f"https://{name}:{port}"


def address_of(request: HttpRequest) -> str:
    """Return the address that the client called, with its query."""
    query = request.scope["query_string"].decode("ascii", "replace")
    return f"{origin_of(request)}{request.scope['path']}{'?' if query else ''}{query}"


def check_same_origin(request: HttpRequest) -> None:
    """Refuse a form that a page of another site posted. Raises BadRequest."""
    origin = request.headers.get("origin")
    if origin is not None and origin != origin_of(request):
        raise BadRequest("this form belongs to another page")
