"""A web server that publishes the certificate revocation lists of the test authorities."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from ops.pki.store import Pki

END = b"-----END X509 CRL-----\n"
Publish = Callable[[str, bytes], str]
"""Publishes bytes on a web server under a name; returns the address."""


def publish_both(pki: Pki, publish: Publish) -> list[str]:
    """Publish the list of the root as PEM and the list of the intermediate authority as DER; return their addresses."""
    root, intermediate = (part + END for part in pki.revocation_lists_file.read_bytes().split(END) if part)
    der = x509.load_pem_x509_crl(intermediate).public_bytes(Encoding.DER)
    return [publish("root.crl", root), publish("intermediate.crl", der)]


@asynccontextmanager
async def file_server() -> AsyncIterator[Publish]:
    """Run a web server; yields a function that serves bytes under a name and returns their address."""
    pages: dict[str, bytes] = {}

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        path = (await reader.readuntil(b"\r\n\r\n")).split()[1].decode()
        body = pages.get(path)
        status = b"404 Not Found" if body is None else b"200 OK"
        writer.write(b"HTTP/1.1 %b\r\nConnection: close\r\nContent-Length: %d\r\n\r\n" % (status, len(body or b"")))
        writer.write(body or b"")
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]

    def put(name: str, content: bytes) -> str:
        pages[f"/{name}"] = content
        return f"http://127.0.0.1:{port}/{name}"

    yield put
    server.close()
    await server.wait_closed()
