"""One-time codes that are set in advance, for browser automation that cannot read messages.

The product reads them from the file in the setting `HAAS_PRESET_CODES`, which is refused in production, and sends a
preset code instead of a random one:

    {"aurora": {"ada.lovelace@example.test": "000789"}}     tenant slug → login identifier → code
"""

import asyncio
from pathlib import Path

import msgspec

from ops.files import write_atomically

Codes = dict[str, dict[str, str]]


class PresetCodes:
    """Writes the file of preset codes."""

    def __init__(self, path: Path) -> None:
        """Write to `path`."""
        self._path = path
        self._lock = asyncio.Lock()

    def all(self) -> Codes:
        """Return every preset code."""
        try:
            return msgspec.json.decode(self._path.read_bytes(), type=Codes)
        except FileNotFoundError:
            return {}

    async def set(self, tenant: str, identifier: str, code: str) -> None:
        """Set the code that the product sends to the login `identifier` of `tenant` from now on."""
        async with self._lock:
            codes = self.all()
            codes.setdefault(tenant, {})[identifier] = code
            write_atomically(self._path, msgspec.json.encode(codes))

    async def remove(self, tenant: str, identifier: str) -> bool:
        """Remove the preset code of `identifier`. Return whether it had one."""
        async with self._lock:
            codes = self.all()
            found = codes.get(tenant, {}).pop(identifier, None) is not None
            write_atomically(self._path, msgspec.json.encode(codes))
            return found
