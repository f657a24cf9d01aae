"""Secrets that are made once and kept in a file of their own."""

import secrets
from pathlib import Path

from ops.files import write_atomically


def kept_secret(file: Path) -> str:
    """The secret in `file`, made on first use (256 bits, base64url, 0600)."""
    if not file.exists():
        write_atomically(file, secrets.token_urlsafe(32).encode())
    return file.read_text(encoding="ascii")
