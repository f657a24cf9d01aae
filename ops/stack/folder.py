"""The state folder, `.haas`: its layout, its lock, and the separate folder of its sockets."""

import fcntl
import hashlib
import os
import shutil
import stat
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import Final

from haas.settings import (
    ApplicationSettings,
    BackupSettings,
    CommandSettings,
    ProvisionerSettings,
    RestoreSettings,
    WorkerSettings,
)
from ops.deployment_settings import SETTINGS_FILES
from ops.files import PRIVATE, PUBLIC, SHARED, write_atomically
from ops.stack.errors import MEBIBYTE, SPACE_NEEDED, DiskFull, StackError
from ops.stack.unprivileged import (
    SHARED_FOLDER,
    can_reach,
    change_owner,
    proxy_account,
    share_with,
    unprivileged_account,
)

MARKER: Final = "haas-state"
SCREENSHOTS: Final = "screenshots"  # the browser tests write here, even before a stack has run
MARKER_TEXT: Final = b"State of an embedded Holder as a Service stack. `haas up --fresh` empties this folder.\n"
FALLBACK_ROOT: Final = Path("/var/lib/haas")


class StateFolder:
    """The state of one embedded stack. The process that holds the lock is its only supervisor."""

    def __init__(self, root: Path) -> None:
        self.root = root.absolute()
        self.logs = self.root / "logs"
        self.run = self.root / "run"
        self.secrets = self.root / "secrets"
        self.valkey = self.root / "valkey"
        self.pki = self.root / "pki"
        self.sandbox = self.root / "sandbox"
        self.retailers = self.sandbox / "retailers"  # read by ops/sandbox/retailer/data.py
        self.clock = self.root / "clock"
        self.master_key = self.root / "master.key"
        self.settings = self.root / SETTINGS_FILES[CommandSettings]
        self.application_settings = self.root / SETTINGS_FILES[ApplicationSettings]
        self.worker_settings = self.root / SETTINGS_FILES[WorkerSettings]
        self.provisioner_settings = self.root / SETTINGS_FILES[ProvisionerSettings]
        self.backup_settings = self.root / SETTINGS_FILES[BackupSettings]
        self.restore_settings = self.root / SETTINGS_FILES[RestoreSettings]
        self.description = self.root / "stack.json"
        self.ports = self.root / "ports.json"
        self.scrape_targets = self.root / "prometheus.json"
        self._lock: int | None = None
        self._proxy_folder: Path | None = None

    def open(self) -> None:
        """Create the folder, or check that it is a state folder, and lock it.

        Raises StackError if another supervisor has locked it, or if this program did not create the folder.
        """
        self._create_or_check()
        self._take_lock()

    def prepare(self) -> None:
        """Create the folders that the processes write to. Raises DiskFull if there is not enough free space."""
        self._check_space()
        for folder in (
            self.logs,
            self.run,
            self.secrets,
            self.valkey,
            self.pki,
            self.sandbox,
        ):
            folder.mkdir(mode=0o700, exist_ok=True)
        self._prepare_proxy()

    @property
    def nginx(self) -> Path:
        """The folder of nginx's own files."""
        return self._proxy_home() / "nginx"

    @property
    def certificates(self) -> Path:
        """The folder in which nginx finds `<host>.pem`."""
        return self._proxy_home() / "certificates"

    @property
    def unavailable_pages(self) -> Path:
        """The folder of the pages that nginx serves while no application answers."""
        return self._proxy_home() / "unavailable-pages"

    def _proxy_home(self) -> Path:
        """Return this folder, or a folder below FALLBACK_ROOT if nginx's workers cannot enter this one."""
        if self._proxy_folder is None:
            user = proxy_account()
            self._proxy_folder = self.root if user is None or can_reach(self.root, user) else self._proxy_fallback()
        return self._proxy_folder

    def _prepare_proxy(self) -> None:
        user, home = proxy_account(), self._proxy_home()
        if home != self.root:
            FALLBACK_ROOT.mkdir(mode=0o755, exist_ok=True)
            home.mkdir(mode=0o711, exist_ok=True)
            # Commands find the test authorities beside the certificates.
            if not (home / "pki").is_symlink():
                (home / "pki").symlink_to(self.pki)
        for folder in (self.nginx, self.certificates, self.unavailable_pages):
            folder.mkdir(mode=0o700, exist_ok=True)
            share_with(folder, user)
        if user is not None:
            for file in self.certificates.glob("*.pem"):  # they may be from a stack whose nginx workers ran as root
                os.chown(file, -1, user.gid)
                file.chmod(SHARED)

    def close(self) -> None:
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None

    def postgres(self) -> Path:
        """Return PostgreSQL's folder. It is below FALLBACK_ROOT if `nobody` cannot enter the state folder."""
        user = unprivileged_account()
        if user is None or can_reach(self.root, user):
            home = self.root / "postgres"
            home.mkdir(mode=0o700, exist_ok=True)
        else:
            home = self._fallback_folder()
            FALLBACK_ROOT.mkdir(mode=0o755, exist_ok=True)
            home.mkdir(mode=0o700, exist_ok=True)
            if not can_reach(FALLBACK_ROOT, user):
                raise StackError(
                    f"PostgreSQL runs as {user.name}, who can reach neither {self.root} nor {FALLBACK_ROOT}"
                )
        change_owner(home, user)
        return home

    def sockets(self) -> Path:
        """Return a private folder with a short path, because the path of a socket has at most about 100 bytes."""
        record = self.run / "sockets"
        if record.exists():
            known = Path(record.read_text(encoding="utf-8"))
            if self._is_private(known):
                return known
        created = Path(tempfile.mkdtemp(prefix="haas-"))
        share_with(created, proxy_account())
        write_atomically(record, str(created).encode())
        return created

    def discard_sockets(self) -> None:
        record = self.run / "sockets"
        if record.exists():
            known = Path(record.read_text(encoding="utf-8"))
            if self._is_private(known):
                shutil.rmtree(known)
            record.unlink()

    @staticmethod
    def _is_private(folder: Path) -> bool:
        try:
            status = folder.lstat()
        except FileNotFoundError:
            return False
        if not stat.S_ISDIR(status.st_mode) or status.st_uid != os.geteuid():
            return False
        user, mode = proxy_account(), stat.S_IMODE(status.st_mode)
        if user is None:
            return mode == 0o700  # noqa: PLR2004 - a file mode
        return mode == SHARED_FOLDER and status.st_gid == user.gid

    def _check_space(self) -> None:
        user = unprivileged_account()
        elsewhere = [] if user is None or can_reach(self.root, user) else [FALLBACK_ROOT]
        for folder in (self.root, *elsewhere):
            existing = folder if folder.exists() else folder.parent
            free = shutil.disk_usage(existing).free
            if free < SPACE_NEEDED:
                raise DiskFull(folder, f"{free // MEBIBYTE} MB are free")

    def _create_or_check(self) -> None:
        marker = self.root / MARKER
        if not self.root.exists():
            # If root runs the stack, PostgreSQL runs as `nobody`, who must be able to enter this folder. Private files
            # have mode 0600.
            self.root.mkdir(mode=0o711 if os.geteuid() == 0 else 0o700, parents=True)
        if not marker.exists():
            if any(entry.name != SCREENSHOTS for entry in self.root.iterdir()):
                raise StackError(
                    f"{self.root} contains files but is not a state folder of this program; choose another with --state"
                )
            write_atomically(marker, MARKER_TEXT, PUBLIC)

    def _take_lock(self) -> None:
        descriptor = os.open(self.root / "lock", os.O_RDWR | os.O_CREAT, PRIVATE)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            holder = os.pread(descriptor, 20, 0).decode() or "unknown"
            os.close(descriptor)
            raise StackError(
                f"a stack already runs on {self.root} (process {holder}).\n"
                "  Stop it with Ctrl-C or `kill`, or choose another folder for this stack with --state."
            ) from None
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, str(os.getpid()).encode(), 0)
        self._lock = descriptor

    def _fallback_folder(self) -> Path:
        return FALLBACK_ROOT / hashlib.sha256(str(self.root).encode()).hexdigest()[:16]

    def _proxy_fallback(self) -> Path:
        return self._fallback_folder().with_name(f"{self._fallback_folder().name}-proxy")

    def empty(self) -> None:
        """Delete the content. The folder must be locked, and the processes of an earlier supervisor stopped."""
        self.discard_sockets()
        for entry in self.root.iterdir():
            if entry.name in {MARKER, "lock"}:
                continue
            if entry.is_dir() and not entry.is_symlink():
                shutil.rmtree(entry)
            else:
                entry.unlink()
        for fallback in (self._fallback_folder(), self._proxy_fallback()):
            if fallback.exists():
                shutil.rmtree(fallback)
        if FALLBACK_ROOT.exists():
            with suppress(OSError):  # the folder may contain data of other deployments
                FALLBACK_ROOT.rmdir()
