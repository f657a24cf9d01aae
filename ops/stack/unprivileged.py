"""PostgreSQL refuses to run as root: then it runs as `nobody`, from folders that `nobody` can reach."""

import os
import pwd
import subprocess
from pathlib import Path

import msgspec


class Account(msgspec.Struct, frozen=True):
    """The user a part runs as."""

    name: str
    uid: int
    gid: int


def account() -> Account | None:
    """The account to fall back to: `nobody` when we are root, nobody at all otherwise."""
    if os.geteuid() != 0:
        return None
    entry = pwd.getpwnam("nobody")
    return Account(name=entry.pw_name, uid=entry.pw_uid, gid=entry.pw_gid)


def can_reach(path: Path, user: Account) -> bool:
    """Whether `user` can enter the folder or run the program `path`; asked of the kernel, as modes do not say all."""
    command = ["/bin/sh", "-c", 'test -x "$0"', str(path)]
    done = subprocess.run(command, user=user.uid, group=user.gid, extra_groups=[], cwd="/", check=False)
    return done.returncode == 0


def give(path: Path, user: Account | None) -> None:
    """Make `path` the user's own."""
    if user is not None:
        os.chown(path, user.uid, user.gid)
