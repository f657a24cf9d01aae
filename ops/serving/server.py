"""Runs one process of the HTTP application behind the proxy: on a unix socket, or on TCP with mutual TLS.

A process accepts connections only after its health has answered that it is ready. On SIGTERM it stops accepting them,
and ends after the last request that nginx has sent on one of its connections (decision 0029).
"""

import asyncio
import logging
import socket
import ssl
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Final

import msgspec
import uvicorn
from uvicorn.config import STARTUP_FAILURE

from haas.health import READY, ask_health
from haas.service_manager import tell_service_manager
from ops.http_protocol import Protocol
from ops.serving.application_socket import application_socket
from ops.serving.errors import ServingError

logger = logging.getLogger(__name__)

APPLICATION: Final = "apps.asgi:create"
KEEP_ALIVE_SECONDS: Final = 90
"""Longer than nginx keeps an idle connection open. If uvicorn closed connections first, nginx could send a request on a
connection that is being closed."""
DRAIN_SECONDS: Final = 65
"""The longest time that a process finishes its requests: a streamed response may take 60 s, and nginx closes a
connection that it does not use after 5 s."""
_OK: Final = 200
_LAST_GRACE_SECONDS: Final = 1
_DRAIN_POLL: Final = 0.05
_FIRST_PAUSE, _LONGEST_PAUSE = 0.05, 2.0
_OPTIONS: Final[dict[str, Any]] = {
    "factory": True,
    "loop": "uvloop",
    "http": Protocol,
    "ws": "none",
    "server_header": False,
    "access_log": False,
    "proxy_headers": False,
    "timeout_keep_alive": KEEP_ALIVE_SECONDS,
    "timeout_graceful_shutdown": _LAST_GRACE_SECONDS,
}


class MutualTls(msgspec.Struct, frozen=True):
    """The files of mutual TLS between the proxy and the application, PEM."""

    certificate: Path
    """The certificate chain of this application, with its private key."""
    authority: Path
    """The authority that signs the certificates of the proxies, and nothing else."""


class Server(uvicorn.Server):
    """uvicorn, with a start that waits until the process is ready, and an end that loses no request."""

    def __init__(self, config: uvicorn.Config, health: str | None, withdraw: Callable[[], None] | None = None) -> None:
        """`health` is the address of this process's health, if it has one.

        `withdraw` makes its address unknown to clients while the process still accepts connections. None: there is no
        such way, and the process stops listening instead.
        """
        super().__init__(config)
        self._health = health
        self._withdraw = withdraw

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start the application, wait until it is ready, and then listen."""
        start_application = self.lifespan.startup

        async def start_and_become_ready() -> None:
            await start_application()
            await self._until_ready()

        # uvicorn listens when this has ended.
        self.lifespan.startup = start_and_become_ready
        await super().startup(sockets)
        tell_service_manager("READY=1")

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Let nginx open no more connections, answer what it has sent, and end when it has closed all of them.

        A connection is never closed by this process while nginx may send a request on it: nginx does not repeat a POST
        that it has sent. Every response now says `Connection: close`, and nginx closes connections that are not used.
        """
        tell_service_manager("STOPPING=1")
        state, loop = self.server_state, asyncio.get_running_loop()
        state.default_headers = [*state.default_headers, (b"connection", b"close")]
        if self._withdraw is None:
            for server in self.servers:
                server.close()
        else:
            self._withdraw()
        ends = loop.time() + DRAIN_SECONDS
        # At least one round of the loop accepts the connections that already wait in the queue of the socket.
        await asyncio.sleep(_DRAIN_POLL)
        while state.connections and loop.time() < ends and not self.force_exit:  # noqa: ASYNC110 - uvicorn has no event
            await asyncio.sleep(_DRAIN_POLL)
        if state.connections:
            logger.warning("serving.connections_cut", extra={"connections": len(state.connections)})
        await super().shutdown(sockets)

    async def _until_ready(self) -> None:
        """Ask this process's own health until it is ready, or until the process is told to end."""
        pause = _FIRST_PAUSE
        while self._health is not None and not (self.should_exit or self.lifespan.should_exit):
            try:
                status, _ = await ask_health(self._health, READY)
            except (OSError, TimeoutError):
                status = 0
            if status == _OK:
                return
            await asyncio.sleep(pause)
            pause = min(2 * pause, _LONGEST_PAUSE)


def serve_on_socket(
    paths: Sequence[Path], group: str | None = None, factory: str = APPLICATION, health: str | None = None
) -> None:
    """Serve at the first free one of `paths`, a unix socket of mode 0660, until SIGTERM. `group` may connect.

    Raises ServingError.
    """
    with application_socket(paths, group) as made:
        _run(Server(uvicorn.Config(factory, **_OPTIONS), health, made.withdraw), [made.bound])


def serve_on_tcp(
    address: str, port: int, tls: MutualTls, factory: str = APPLICATION, health: str | None = None
) -> None:
    """Serve on TCP to clients with a certificate of `tls.authority`, until SIGTERM. Raises ServingError."""
    for file in (tls.certificate, tls.authority):
        if not file.is_file():
            raise ServingError(f"{file} does not exist: it is needed for mutual TLS")

    def context(_config: uvicorn.Config, default: Callable[[], ssl.SSLContext]) -> ssl.SSLContext:
        tls_context = default()
        tls_context.minimum_version = ssl.TLSVersion.TLSv1_3
        return tls_context

    config = uvicorn.Config(
        factory,
        host=address,
        port=port,
        ssl_certfile=tls.certificate,
        ssl_ca_certs=str(tls.authority),
        ssl_cert_reqs=ssl.CERT_REQUIRED,
        ssl_context_factory=context,
        **_OPTIONS,
    )
    _run(Server(config, health))


def _run(server: Server, sockets: list[socket.socket] | None = None) -> None:
    server.run(sockets)
    if not server.started:
        sys.exit(STARTUP_FAILURE)
