"""HTTP conventions that all apps share: ASGI types, the client certificate, the interaction id."""

import hashlib
import re
from base64 import b64decode, urlsafe_b64encode
from binascii import Error as Base64Error
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any, Final, NamedTuple
from uuid import uuid4

from haas.errors import HaasError

# The ASGI 3 interface in its general form. Each framework defines narrower types.
AsgiScope = MutableMapping[str, Any]
AsgiReceive = Callable[[], Awaitable[MutableMapping[str, Any]]]
AsgiSend = Callable[[MutableMapping[str, Any]], Awaitable[None]]
AsgiApplication = Callable[[AsgiScope, AsgiReceive, AsgiSend], Awaitable[None]]

REFUSED: Final = b"haas-refused"
"""The header with which the proxy, or this program's HTTP server, says why a request is refused."""
MALFORMED: Final = b"malformed"
"""The value of REFUSED for a request that the HTTP parser has refused."""
REFUSALS: Final = b"haas-refusals"
"""The header of the requests in which the proxy says how many requests it has refused itself."""
_UUID = re.compile(rb"[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}")
MAXIMUM_CERTIFICATE_HEADER_BYTES = 16 * 1024


class CertificateHeaderError(HaasError):
    """The `Client-Cert` header, which only our own proxy sets, does not conform to RFC 9440."""


class ClientCertificate(NamedTuple):
    """The certificate of a verified mutual-TLS connection."""

    thumbprint: bytes
    """SHA-256 of the DER encoding. Access tokens are bound to it (RFC 8705 3.1)."""

    @property
    def x5t_s256(self) -> str:
        """The thumbprint in the form of the `x5t#S256` confirmation method: base64url without padding."""
        return urlsafe_b64encode(self.thumbprint).rstrip(b"=").decode()


def client_certificate(header: bytes) -> ClientCertificate:
    """Return the certificate in a `Client-Cert` header (RFC 9440 2.1: the DER encoding in base64, between colons).

    Raises CertificateHeaderError.
    """
    if len(header) > MAXIMUM_CERTIFICATE_HEADER_BYTES:
        raise CertificateHeaderError(f"the Client-Cert header has more than {MAXIMUM_CERTIFICATE_HEADER_BYTES} bytes")
    if len(header) < 3 or header[:1] != b":" or header[-1:] != b":":  # noqa: PLR2004 - two colons and at least one byte between them
        raise CertificateHeaderError("the Client-Cert header is not a byte sequence")
    try:
        der = b64decode(header[1:-1], validate=True)
    except (Base64Error, ValueError) as error:
        raise CertificateHeaderError("the Client-Cert header is not base64") from error
    return ClientCertificate(hashlib.sha256(der).digest())


def interaction_id(given: bytes | None) -> str:
    """Return the caller's interaction id if it is a UUID, otherwise a new one (CDS, HTTP Headers)."""
    return given.decode() if given is not None and _UUID.fullmatch(given) else str(uuid4())
