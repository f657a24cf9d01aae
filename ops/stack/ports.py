"""The ports of a stack. They are chosen once and stored: issuers, audiences and registrations contain them."""

import random
import socket
from pathlib import Path

import msgspec

from ops.files import write_atomically
from ops.stack.errors import StackError

LOOPBACK = "127.0.0.1"
# Below the kernel's ephemeral port range, so that no outgoing connection uses a stored port.
PORT_RANGE = range(20000, 32000)
ATTEMPTS = 200


def is_free(port: int) -> bool:
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
        except OSError:
            return False
    return True


class Ports:
    """The ports of one state folder, by name, in `ports.json`."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._chosen: dict[str, int] = (
            msgspec.json.decode(file.read_bytes(), type=dict[str, int]) if file.exists() else {}
        )

    def obtain(self, name: str, preferred: int | None = None, *, required: bool = False) -> int:
        """Return the stored port of `name`. Otherwise choose a free port, if possible `preferred`, and store it.

        Raises StackError if another program uses the stored port. With `required`, only `preferred` may be used:
        StackError is also raised if another program uses it, or if another port is stored.
        """
        kept = self._chosen.get(name)
        if kept is not None and required and preferred not in {None, kept}:
            raise StackError(
                f"this deployment's {name} port is {kept} and its issuers contain it; it cannot be {preferred}.\n"
                "  Omit --port, or run a second stack in another folder with --state.\n"
                "  `haas up --fresh` uses another port but deletes everything that this stack has stored."
            )
        if kept is not None or (required and preferred is not None):
            port = kept if kept is not None else preferred
            assert port is not None  # noqa: S101 - for the type checker
            self._require_free(name, port, stored=kept is not None)
        else:
            port = self._choose(preferred)
        self._keep(name, port)
        return port

    def _require_free(self, name: str, port: int, *, stored: bool) -> None:
        if is_free(port):
            return
        if stored:
            advice = (
                "or run a second stack in another folder with --state.\n"
                "  `haas up --fresh` uses other ports but deletes everything that this stack has stored."
            )
        else:
            advice = "or choose another port with --port."
        raise StackError(
            f"port {port} ({name}) is used by another program.\n"
            f"  `ss -ltnp 'sport = :{port}'` shows which one. Stop it and try again, {advice}"
        )

    def _choose(self, preferred: int | None) -> int:
        taken = set(self._chosen.values())
        if preferred is not None and preferred not in taken and is_free(preferred):
            return preferred
        for _ in range(ATTEMPTS):
            port = random.choice(PORT_RANGE)  # noqa: S311 - a port is not a secret
            if port not in taken and is_free(port):
                return port
        raise StackError(f"no free port found on {LOOPBACK} between {PORT_RANGE.start} and {PORT_RANGE.stop}")

    def _keep(self, name: str, port: int) -> None:
        if self._chosen.get(name) != port:
            self._chosen[name] = port
            write_atomically(self._file, msgspec.json.format(msgspec.json.encode(self._chosen)))
