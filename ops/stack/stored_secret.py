"""Secrets that are generated once, and each stored in a file."""

import secrets
from pathlib import Path

from ops.files import write_atomically


def stored_secret(file: Path) -> str:
    """Return the secret in `file` (mode 0600). At the first use, generate it: 256 bits in base64url."""
    if not file.exists():
        write_atomically(file, secrets.token_urlsafe(32).encode())
    return file.read_text(encoding="ascii")
