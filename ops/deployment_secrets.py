"""Creates the secrets of a new deployment: logins, passwords, and the master key.

Each subfolder is for one group of readers, so that a container gets only the subfolders that it needs.
"""

import secrets
from base64 import urlsafe_b64encode
from pathlib import Path
from typing import Final

from haas.settings import MASTER_KEY_BYTES
from ops.files import PRIVATE, write_atomically

_READABLE: Final = 0o644
"""The images of PostgreSQL and Valkey have users of their own. Only their containers see these files."""


def make_secrets(folder: Path, *, postgres: str, broker: str, role_prefix: str = "haas") -> list[Path]:
    """Create the files that are missing, and return them. `postgres` and `broker` are `host:port`.

    An existing file is never changed: the servers already have its password.
    """
    superuser = _kept(folder / "superuser-password" / "password") or secrets.token_urlsafe(32)
    broker_password = secrets.token_urlsafe(32)
    database = f"@{postgres}/{role_prefix}"
    wanted = {
        "superuser-password/password": superuser,
        "superuser/url": f"postgresql://postgres:{superuser}@{postgres}/postgres",
        "owner/url": f"postgresql://{role_prefix}_provisioner:{secrets.token_urlsafe(32)}{database}",
        "application/url": f"postgresql://{role_prefix}_app:{secrets.token_urlsafe(32)}{database}",
        "operator/url": f"postgresql://{role_prefix}_operator:{secrets.token_urlsafe(32)}{database}",
        "backup/url": f"postgresql://{role_prefix}_backup:{secrets.token_urlsafe(32)}{database}",
        "master-key/key": urlsafe_b64encode(secrets.token_bytes(MASTER_KEY_BYTES)).decode(),
    }
    made = [folder / name for name, text in wanted.items() if _make(folder / name, text, _mode(name))]
    # The two files contain the same password.
    url, configuration = folder / "broker" / "url", folder / "valkey" / "valkey.conf"
    if not (url.exists() and configuration.exists()):
        for file in (url, configuration):
            file.unlink(missing_ok=True)
        _make(url, f"redis://:{broker_password}@{broker}/0", PRIVATE)
        _make(configuration, _valkey(broker_password), _READABLE)
        made += [url, configuration]
    return made


def _mode(name: str) -> int:
    return _READABLE if name == "superuser-password/password" else PRIVATE


def _valkey(password: str) -> str:
    lines = ("bind * -::*", f"requirepass {password}", "dir /tmp", 'save ""', "appendonly no")
    return "\n".join((*lines, "maxmemory-policy noeviction", ""))


def _kept(file: Path) -> str | None:
    return file.read_text(encoding="ascii").strip() if file.exists() else None


def _make(file: Path, text: str, mode: int) -> bool:
    """Write a file if it is missing. Return whether it was missing."""
    if file.exists():
        return False
    file.parent.mkdir(parents=True, exist_ok=True)
    write_atomically(file, text.encode(), mode)
    return True
