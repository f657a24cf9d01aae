"""An unprivileged user for PostgreSQL, which refuses to run as root."""

import os
import pwd
import subprocess
from pathlib import Path

import msgspec


class Account(msgspec.Struct, frozen=True):
    """The operating system's user that a process runs as."""

    name: str
    uid: int
    gid: int


def unprivileged_account() -> Account | None:
    """Return `nobody` if root runs the stack, otherwise None."""
    if os.geteuid() != 0:
        return None
    entry = pwd.getpwnam("nobody")
    return Account(name=entry.pw_name, uid=entry.pw_uid, gid=entry.pw_gid)


def can_reach(path: Path, user: Account) -> bool:
    """Return whether `user` can enter the folder or run the program `path`. File modes alone do not tell."""
    command = ["/bin/sh", "-c", 'test -x "$0"', str(path)]
    done = subprocess.run(command, user=user.uid, group=user.gid, extra_groups=[], cwd="/", check=False)
    return done.returncode == 0


def change_owner(path: Path, user: Account | None) -> None:
    """Make `user` the owner of `path`; do nothing for None."""
    if user is not None:
        os.chown(path, user.uid, user.gid)
