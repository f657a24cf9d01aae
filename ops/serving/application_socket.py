"""The unix socket of one application process.

Each process has a socket of its own. A file beside the socket, `<socket>.lock`, is locked for as long as its process
lives, so that no other process takes the socket away: neither from a process that is still starting, nor from one that
hangs, nor from one that finishes its last requests. The kernel releases the lock when the process ends in any way.
"""

import fcntl
import os
import shutil
import socket
import stat
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from ops.files import PRIVATE
from ops.serving.errors import ServingError

MODE: Final = 0o660


class ApplicationSocket:
    """A bound unix socket of mode 0660, with the lock on its path. It does not listen yet."""

    def __init__(self, path: Path, bound: socket.socket) -> None:
        self.path = path
        self.bound = bound

    def withdraw(self) -> None:
        """Remove the path, so that nobody opens another connection. What is connected already is not affected."""
        self.path.unlink(missing_ok=True)


@contextmanager
def application_socket(paths: Sequence[Path], group: str | None = None) -> Iterator[ApplicationSocket]:
    """Bind the first of `paths` that no living process has, and remove it when the block ends. `group` may connect.

    Raises ServingError if another process has each of them, or if a path cannot be used.
    """
    for path in paths:
        lock = _lock(path)
        if lock is None:
            continue
        try:
            bound = _bind(path, group)
            if bound is None:
                continue
            made = ApplicationSocket(path, bound)
            try:
                yield made
            finally:
                bound.close()
                made.withdraw()
            return
        finally:
            os.close(lock)
    raise ServingError(
        f"another process serves at {' and at '.join(map(str, paths))}: each process needs a socket of its own"
    )


def _lock(path: Path) -> int | None:
    """Return the descriptor that holds the lock on `path`, or None if another process holds it."""
    try:
        descriptor = os.open(f"{path}.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, PRIVATE)
    except OSError as error:
        raise _unusable(path, error) from error
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        return None
    return descriptor


def _bind(path: Path, group: str | None) -> socket.socket | None:
    """Return the bound socket, or None if a process that does not use the lock listens there."""
    bound = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        if _is_served(path):
            bound.close()
            return None
        path.unlink(missing_ok=True)  # the socket of a process that was killed
        # No other user may connect at any moment.
        before = os.umask(0o777 & ~MODE)
        try:
            bound.bind(str(path))
        finally:
            os.umask(before)
        if group is not None:
            shutil.chown(path, group=group)
    except (OSError, LookupError) as error:
        bound.close()
        raise _unusable(path, error) from error
    except ServingError:
        bound.close()
        raise
    return bound


def _is_served(path: Path) -> bool:
    """Whether a process listens at `path`. Raises ServingError if something else than a socket is there."""
    try:
        mode = path.lstat().st_mode
    except FileNotFoundError:
        return False
    if not stat.S_ISSOCK(mode):
        raise ServingError(f"{path} exists and is not a socket: choose another path")
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        # Without waiting: the queue of a process that hangs is full, which is another error than that of no process.
        probe.setblocking(False)
        try:
            probe.connect(str(path))
        except (ConnectionRefusedError, FileNotFoundError):
            return False
        except BlockingIOError:
            return True
    return True


def _unusable(path: Path, error: Exception) -> ServingError:
    return ServingError(f"{path} cannot be used as the socket for the proxy: {error}")
