"""Reads the certificate that a host presents in the TLS handshake, whether or not it is valid."""

import asyncio
import fnmatch
import ssl
from typing import Final

from cryptography import x509

from haas.addresses import public_address
from haas.errors import Unavailable
from haas.settings import Settings

TIMEOUT_SECONDS: Final = 5.0


class NotPresented(Unavailable):
    """A host does not resolve, or its server does not present a certificate. The message says why."""


async def served_certificate(settings: Settings, host: str) -> x509.Certificate:
    """Return the certificate of a host of this deployment. Nothing is sent after the handshake. Raise NotPresented."""
    # The certificate is read, not trusted: one that has expired must be read too.
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    mapped = next((to for pattern, to in settings.host_map.items() if fnmatch.fnmatchcase(host, pattern)), None)
    try:
        async with asyncio.timeout(TIMEOUT_SECONDS):
            address = mapped or await public_address(host, settings.public_port, private_too=True)
            _, writer = await asyncio.open_connection(
                address, settings.public_port, ssl=context, server_hostname=host, ssl_handshake_timeout=TIMEOUT_SECONDS
            )
    except (OSError, TimeoutError, ValueError, Unavailable) as error:
        raise NotPresented(f"{host} presents no certificate: {type(error).__name__}") from error
    try:
        presented = writer.get_extra_info("ssl_object").getpeercert(binary_form=True)
    finally:
        writer.transport.abort()
    return x509.load_der_x509_certificate(presented)
