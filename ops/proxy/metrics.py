"""The files of an nginx that end or fill up, for Prometheus: certificates of hosts, revocation lists, and the disk.

nginx itself has no metrics. The process beside it, which renews the revocation lists, reads these files once a minute.
"""

import asyncio
import shutil
from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime
from heapq import nsmallest
from pathlib import Path
from typing import Final

import msgspec
from cryptography import x509
from prometheus_client.metrics_core import Metric

from haas.metrics import gauge, gauges
from ops.proxy.revocation import lists_end

SECONDS_BETWEEN_READS: Final = 60.0
MOST_HOSTS: Final = 200
"""How many hosts have a label: those whose certificates end first."""


class ProxyFiles(msgspec.Struct, frozen=True, kw_only=True):
    """The files and folders that are looked at."""

    certificates: Path | None = None
    """The folder of `<host>.pem`; None: it is not looked at."""
    revocation_lists: Path
    folders: Mapping[str, Path]
    """A folder of each disk, by the name of its label."""


class ProxyMetrics:
    """The files of one nginx, as they were at the last read."""

    def __init__(self, files: ProxyFiles) -> None:
        """Nothing is read before `reading`."""
        self._files = files
        self._hosts: list[tuple[datetime, str]] = []
        self._unreadable = 0
        self._lists_end: datetime | None = None
        self._disks: list[tuple[str, int, int]] = []

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[None]:
        """Read the files now, and once a minute until the block ends."""
        await asyncio.to_thread(self.read)
        task = asyncio.create_task(self._read_periodically(), name="proxy files")
        try:
            yield
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    def read(self) -> None:
        """Read the files. A certificate that cannot be read is counted; nginx does not serve its host either."""
        found, unreadable = [], 0
        for file in sorted(self._files.certificates.glob("*.pem")) if self._files.certificates else ():
            try:
                found.append((_ends(file), file.stem))
            except (OSError, ValueError):
                unreadable += 1
        self._hosts, self._unreadable = nsmallest(MOST_HOSTS, found), unreadable
        self._lists_end = None
        with suppress(OSError, ValueError):  # there are none, so nginx accepts no client certificate
            self._lists_end = lists_end(self._files.revocation_lists)
        usages = {name: shutil.disk_usage(folder) for name, folder in self._files.folders.items() if folder.exists()}
        self._disks = [(name, usage.free, usage.total) for name, usage in usages.items()]

    def collect(self) -> Iterable[Metric]:
        """Return the state at the last read."""
        now = datetime.now(UTC)
        hosts = [((host,), (end - now).total_seconds()) for end, host in self._hosts]
        text = "Seconds until the certificate of a host ends."
        yield gauges("haas_certificate_seconds_left", text, ["host"], hosts)
        yield gauge("haas_certificates_unreadable", "Certificates that cannot be read.", self._unreadable)
        left = (self._lists_end - now).total_seconds() if self._lists_end else 0.0
        text = "Seconds until a revocation list ends, and nginx refuses every client certificate."
        yield gauge("haas_revocation_list_seconds_left", text, left)
        free = [((name,), float(bytes_)) for name, bytes_, _ in self._disks]
        size = [((name,), float(bytes_)) for name, _, bytes_ in self._disks]
        yield gauges("haas_disk_free_bytes", "Free bytes of the disk with a folder.", ["folder"], free)
        yield gauges("haas_disk_size_bytes", "Bytes of the disk with a folder.", ["folder"], size)

    async def _read_periodically(self) -> None:
        while True:
            await asyncio.sleep(SECONDS_BETWEEN_READS)
            await asyncio.to_thread(self.read)


def _ends(file: Path) -> datetime:
    """Return when the first certificate of the chain ends. Raises OSError, ValueError."""
    return x509.load_pem_x509_certificates(file.read_bytes())[0].not_valid_after_utc
