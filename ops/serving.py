"""Runs one process of the HTTP application behind the proxy: on a unix socket, or on TCP with mutual TLS.

The socket is created here and passed to uvicorn as a file descriptor, because every user of the machine can connect to
a socket that uvicorn creates itself.
"""

import os
import shutil
import socket
import ssl
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import msgspec
import uvicorn

from haas.errors import HaasError

APPLICATION: Final = "apps.asgi:create"
KEEP_ALIVE_SECONDS: Final = 90
"""Longer than nginx keeps an idle connection open. If uvicorn closed connections first, nginx could send a request on a
connection that is being closed."""
SOCKET_MODE: Final = 0o660
_GRACE_SECONDS: Final = 10
_OPTIONS: Final[dict[str, Any]] = {
    "factory": True,
    "loop": "uvloop",
    "http": "httptools",
    "ws": "none",
    "server_header": False,
    "access_log": False,
    "proxy_headers": False,
    "timeout_keep_alive": KEEP_ALIVE_SECONDS,
    "timeout_graceful_shutdown": _GRACE_SECONDS,
}


class ServingError(HaasError):
    """The application cannot listen. The message says why and what to do."""


class MutualTls(msgspec.Struct, frozen=True):
    """The files of mutual TLS between the proxy and the application, PEM."""

    certificate: Path
    """The certificate chain of this application, with its private key."""
    authority: Path
    """The authority that signs the certificates of the proxies, and nothing else."""


def serve_on_socket(path: Path, group: str | None = None, factory: str = APPLICATION) -> None:
    """Serve at a unix socket of mode 0660, until SIGTERM. `group` may connect. Raises ServingError."""
    bound = bind_socket(path, group)
    try:
        uvicorn.run(factory, fd=bound.fileno(), **_OPTIONS)
    finally:
        bound.close()
        path.unlink(missing_ok=True)


def serve_on_tcp(address: str, port: int, tls: MutualTls, factory: str = APPLICATION) -> None:
    """Serve on TCP to clients with a certificate of `tls.authority`, until SIGTERM. Raises ServingError."""
    for file in (tls.certificate, tls.authority):
        if not file.is_file():
            raise ServingError(f"{file} does not exist: it is needed for mutual TLS")

    def context(_config: uvicorn.Config, default: Callable[[], ssl.SSLContext]) -> ssl.SSLContext:
        tls_context = default()
        tls_context.minimum_version = ssl.TLSVersion.TLSv1_3
        return tls_context

    uvicorn.run(
        factory,
        host=address,
        port=port,
        ssl_certfile=tls.certificate,
        ssl_ca_certs=str(tls.authority),
        ssl_cert_reqs=ssl.CERT_REQUIRED,
        ssl_context_factory=context,
        **_OPTIONS,
    )


def bind_socket(path: Path, group: str | None = None) -> socket.socket:
    """Return a socket that is bound to `path`. Raises ServingError if another process listens there."""
    bound = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        _remove_unused(path)
        # No other user may connect at any moment.
        before = os.umask(0o777 & ~SOCKET_MODE)
        try:
            bound.bind(str(path))
        finally:
            os.umask(before)
        if group is not None:
            shutil.chown(path, group=group)
    except (OSError, LookupError) as error:
        bound.close()
        raise ServingError(f"{path} cannot be used as the socket for the proxy: {error}") from error
    except ServingError:
        bound.close()
        raise
    return bound


def _remove_unused(path: Path) -> None:
    """Delete the socket of a process that was killed."""
    if not path.exists():
        return
    if not stat.S_ISSOCK(path.stat().st_mode):
        raise ServingError(f"{path} exists and is not a socket: choose another path")
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        if probe.connect_ex(str(path)) == 0:
            raise ServingError(f"another process listens at {path}: each process needs a socket of its own")
    path.unlink()
