"""One-time codes that are known beforehand, for browser drivers that cannot read mail.

The product reads the file (`HAAS_PINNED_CODES`, refused in production) and uses a pinned code in place of a random one:

    {"aurora": {"ada.lovelace@example.test": "000789"}}     tenant slug → login identifier → code
"""

import asyncio
from pathlib import Path

import msgspec

from ops.files import write_atomically

Codes = dict[str, dict[str, str]]


class PinnedCodes:
    """Keeps the file of pinned codes."""

    def __init__(self, path: Path) -> None:
        """Keep them at `path`."""
        self._path = path
        self._lock = asyncio.Lock()

    def all(self) -> Codes:
        """Return every pinned code."""
        try:
            return msgspec.json.decode(self._path.read_bytes(), type=Codes)
        except FileNotFoundError:
            return {}

    async def pin(self, tenant: str, identifier: str, code: str) -> None:
        """Let `identifier` of `tenant` always be sent `code`."""
        async with self._lock:
            codes = self.all()
            codes.setdefault(tenant, {})[identifier] = code
            write_atomically(self._path, msgspec.json.encode(codes))

    async def unpin(self, tenant: str, identifier: str) -> bool:
        """Let `identifier` be sent random codes again; tell whether it had a pinned one."""
        async with self._lock:
            codes = self.all()
            found = codes.get(tenant, {}).pop(identifier, None) is not None
            write_atomically(self._path, msgspec.json.encode(codes))
            return found
