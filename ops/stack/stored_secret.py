"""Secrets that are generated once and stored, each in a file of its own."""

import secrets
from pathlib import Path

from ops.files import write_atomically


def stored_secret(file: Path) -> str:
    """Return the secret in `file`, generated on first use: 256 bits in base64url; the file has mode 0600."""
    if not file.exists():
        write_atomically(file, secrets.token_urlsafe(32).encode())
    return file.read_text(encoding="ascii")
