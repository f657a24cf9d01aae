"""The users that are used if root runs the stack: for PostgreSQL, which refuses to run as root, and nginx's workers."""

import grp
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


SHARED_FOLDER = 0o2750
"""The mode of a folder that its group can enter and read. New files in it get its group."""
_PROXY_ACCOUNTS = ("www-data", "nginx", "nobody")


def proxy_account() -> Account | None:
    """Return the user of nginx's workers if root runs the stack. Otherwise return None: the stack's user runs them."""
    if os.geteuid() != 0:
        return None
    for name in _PROXY_ACCOUNTS:
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        return Account(name=entry.pw_name, uid=entry.pw_uid, gid=entry.pw_gid)
    raise KeyError(f"none of these users exists: {', '.join(_PROXY_ACCOUNTS)}")


def group_name(user: Account) -> str:
    """Return the name of a user's group."""
    return grp.getgrgid(user.gid).gr_name


def share_with(folder: Path, user: Account | None) -> None:
    """Let the group of `user` enter a folder and read the files that are created in it later. Do nothing for None.

    New files get the group of the folder. Whether the group can read a file depends on the mode of the file.
    """
    if user is not None:
        os.chown(folder, -1, user.gid)
        folder.chmod(SHARED_FOLDER)


def can_reach(path: Path, user: Account) -> bool:
    """Return whether `user` can enter the folder or run the program `path`.

    This is tried as the user, because the modes of all parent folders count too.
    """
    command = ["/bin/sh", "-c", 'test -x "$0"', str(path)]
    done = subprocess.run(command, user=user.uid, group=user.gid, extra_groups=[], cwd="/", check=False)
    return done.returncode == 0


def change_owner(path: Path, user: Account | None) -> None:
    """Make `user` the owner of `path`; do nothing for None."""
    if user is not None:
        os.chown(path, user.uid, user.gid)
