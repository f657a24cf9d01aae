"""The provisioner process: it leases requests, works on one after the other, and marks them done or failed.

Any number of provisioners may run. While one works on a request, it extends its lease. If it is killed, the lease
expires, and another provisioner, or the same one after a restart, starts the request again (`ops/provisioner/work.py`).
"""

import asyncio
import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import datetime, timedelta
from typing import Final

from haas.clock import clock_from
from haas.database import FEW_CONNECTIONS, Database, UnknownNode
from haas.database.dedicated import dedicated_connection
from haas.errors import HaasError, Unavailable
from haas.health import NotReady, health_listener
from haas.metrics import metrics_listener
from haas.progress import NO_PROGRESS
from haas.settings import MAIN_NODE, ProvisionerSettings
from ops.migrations.bootstrap import bootstrap
from ops.provisioner.metrics import ProvisionerMetrics
from ops.provisioner.work import Work
from ops.proxy.unavailable_pages import write_pages
from tenants.housekeeping.service import Housekeeping
from tenants.provisioning import store
from tenants.provisioning.errors import LeaseLost
from tenants.provisioning.models import REQUEST_CHANNEL, Lease
from tenants.provisioning.owner import owner_transaction
from tenants.registry.errors import TenantIncomplete
from tenants.registry.names import owner_namespace
from tenants.registry.store import revision_number, served_tenants

logger = logging.getLogger(__name__)

LEASE: Final = timedelta(seconds=30)
SECONDS_BETWEEN_EXTENSIONS: Final = 10.0
SECONDS_BETWEEN_LOOKS: Final = 2.0
"""A notification of a new request wakes the provisioner at once. No notification is sent when a lease expires, so the
provisioner also looks for requests periodically."""
SECONDS_BETWEEN_TRIES: Final = 2.0
BETWEEN_SWEEPS: Final = timedelta(minutes=10)
TRIES: Final = 3
"""How often the creation of a tenant is attempted while a database is unavailable. Then the request fails, and an
operator can repeat it. Requests of other kinds are attempted once."""


class _TextProgress:
    """Keeps the newest message about the progress. `ProvisionerProcess` stores it in the row of the request."""

    def __init__(self) -> None:
        self.text = "begun"

    def line(self, text: str) -> None:
        self.text = text

    @contextmanager
    def bar(self, title: str, total: int) -> Iterator[Callable[[], None]]:
        done = 0

        def advance() -> None:
            nonlocal done
            done += 1
            self.text = f"{title}: {done} of {total}"

        yield advance


class ProvisionerProcess:
    """One provisioner. `run` executes requests until it is told to stop. Then it completes its current request."""

    def __init__(self, settings: ProvisionerSettings) -> None:
        """No connection is opened before `run`."""
        self._settings = settings
        self._clock = clock_from(settings.clock_file)
        self._owner = Database.open(
            settings.owner_database_urls, connections=FEW_CONNECTIONS, time_factor=settings.database_time_factor
        )
        self._work = Work(settings, self._owner, self._clock)
        self._housekeeping = Housekeeping(self._owner, self._clock)
        self._swept_at: datetime | None = None
        self._woken = asyncio.Event()
        self._prepared = False
        self._pages_of: int | None = None
        """The revision of the registry of which the pages for nginx were written last."""
        self._metrics = ProvisionerMetrics()

    async def run(self, stopping: asyncio.Event) -> None:
        """Set up the database if that is needed, and serve requests until `stopping` is set."""
        logger.info("provisioner.started")
        stop = asyncio.create_task(stopping.wait(), name="stopping")
        stop.add_done_callback(lambda _: self._woken.set())
        listening = asyncio.create_task(self._listen(), name="requests")
        try:
            async with (
                metrics_listener(self._settings.metrics, (self._owner.metrics(), self._metrics)),
                health_listener(self._settings.health, {"database": self._check_database}),
            ):
                await self._prepare(stopping)
                while not stopping.is_set():
                    await self._sweep_if_due()
                    await self._write_pages_if_changed()
                    if not await self._serve_next():
                        await self._wait(SECONDS_BETWEEN_LOOKS)
        finally:
            for task in (stop, listening):
                task.cancel()
            await asyncio.gather(stop, listening, return_exceptions=True)
            await self._owner.close()
            logger.info("provisioner.stopped")

    async def _prepare(self, stopping: asyncio.Event) -> None:
        """Create roles and the control schema, or bring them up to date. Requests are rows of that schema."""
        while not stopping.is_set():
            try:
                await bootstrap(self._settings, NO_PROGRESS)
            except Unavailable as error:
                logger.warning("provisioner.database_unavailable", extra={"reason": str(error)})
                await self._wait(SECONDS_BETWEEN_TRIES)
            else:
                self._prepared = self._metrics.is_ready = True
                logger.info("provisioner.ready")
                return

    async def _sweep_if_due(self) -> None:
        """Run the housekeeping of the control schema, which no other process may do. A failure is logged."""
        now = self._clock.now()
        if self._swept_at is None or now - self._swept_at >= BETWEEN_SWEEPS:
            self._swept_at = now
            changed = await self._housekeeping.sweep_control(owner_namespace(self._settings))
            logger.info("housekeeping.done", extra={"node": "control", "changed": sum(changed.values())})

    async def _write_pages_if_changed(self) -> None:
        """Write the pages that nginx serves while no application answers, if the registry has changed.

        A failure is logged. It is tried again when the registry changes, and after a restart.
        """
        folder = self._settings.unavailable_pages
        if folder is None:
            return
        try:
            async with owner_transaction(self._owner, self._settings) as tx:
                revision = await revision_number(tx)
                if revision is None or revision == self._pages_of:
                    return
                tenants = await served_tenants(tx, self._settings)
            self._pages_of = revision
            written = await asyncio.to_thread(write_pages, folder, tenants)
            logger.info("unavailable_pages.written", extra={"files": written, "tenants": len(tenants)})
        except HaasError as error:
            logger.warning("provisioner.database_unavailable", extra={"reason": str(error)})
        except OSError as error:
            logger.error("unavailable_pages.not_written", extra={"reason": type(error).__name__})  # noqa: TRY400 - enough

    async def _serve_next(self) -> bool:
        """Lease the next request and work on it. Return False if there is none, or if the database is unavailable."""
        try:
            async with owner_transaction(self._owner, self._settings) as tx:
                lease = await store.lease_next_request(tx, self._clock.now(), LEASE)
            if lease is None:
                return False
            with self._metrics.working():
                await self._serve(lease)
        except LeaseLost as error:
            self._metrics.ended("lease_lost")
            logger.warning("provisioner.lease_lost", extra={"reason": str(error)})
        except HaasError as error:
            logger.warning("provisioner.database_unavailable", extra={"reason": str(error)})
            return False
        return True

    async def _serve(self, lease: Lease) -> None:
        """Work on a request and store the result. Raise LeaseLost, Unavailable."""
        request = lease.request
        details = {"request": str(request.id), "kind": request.kind, "subject": request.subject}
        logger.info("provisioner.request_begun", extra={**details, "resumed": request.progress is not None})
        progress = _TextProgress()
        # This tells a later attempt that work has begun.
        await self._record(lease, progress.text)
        extending = asyncio.create_task(self._extend(lease, progress), name="lease")
        working = asyncio.create_task(self._execute(lease, progress), name="request")
        try:
            await asyncio.wait((working, extending), return_when=asyncio.FIRST_COMPLETED)
            if not working.done():
                working.cancel()
                extending.result()  # raises the error because of which the lease could not be extended
            summary, failure = await working
        finally:
            for task in (extending, working):
                task.cancel()
            await asyncio.gather(extending, working, return_exceptions=True)
        async with owner_transaction(self._owner, self._settings) as tx:
            if failure is None:
                await store.mark_done(tx, lease, self._clock.now(), summary)
            else:
                await store.mark_failed(tx, lease, failure, self._clock.now())
        self._metrics.ended("done" if failure is None else "failed")
        logger.info("provisioner.request_done", extra={**details, "failed": failure is not None})

    async def _execute(self, lease: Lease, progress: _TextProgress) -> tuple[str, str | None]:
        """Execute a request. Return a summary of what was done and None, or an empty text and why it failed."""
        for attempt in range(1, TRIES + 1):
            try:
                return await self._work.run(lease.request, progress), None
            except (Unavailable, TenantIncomplete) as error:
                # TenantIncomplete: it is unknown whether a commit succeeded, or a tenant on another node is incomplete.
                if attempt == TRIES or isinstance(error, UnknownNode) or lease.request.kind != "create":
                    return "", str(error)
                await asyncio.sleep(SECONDS_BETWEEN_TRIES)
            except HaasError as error:
                return "", str(error)
            except Exception:
                # One request that cannot be executed must not end the process.
                logger.exception("provisioner.request_failed", extra={"request": str(lease.request.id)})
                return "", "an unexpected error: the log of the provisioner has the details"
        raise AssertionError("the last attempt returns")

    async def _extend(self, lease: Lease, progress: _TextProgress) -> None:
        """Extend the lease and store the progress, until cancelled."""
        recorded, elapsed = progress.text, 0.0
        while True:
            await asyncio.sleep(1.0)
            elapsed += 1.0
            if elapsed >= SECONDS_BETWEEN_EXTENSIONS or progress.text != recorded:
                recorded, elapsed = progress.text, 0.0
                with suppress(Unavailable):  # the work gets the same error; the lease has not expired yet
                    await self._record(lease, recorded)

    async def _record(self, lease: Lease, text: str) -> None:
        async with owner_transaction(self._owner, self._settings) as tx:
            await store.record_progress(tx, lease, text, self._clock.now() + LEASE)

    async def _listen(self) -> None:
        """Wake `run` at each notification of a new request. If the connection is lost, open a new one."""
        while True:
            try:
                url = self._settings.owner_database_urls[MAIN_NODE]
                async with dedicated_connection(url, "haas-provisioner") as connection:
                    await connection.listen(REQUEST_CHANNEL, lambda _: self._woken.set())
                    while not connection.lost.is_set():
                        await asyncio.sleep(SECONDS_BETWEEN_EXTENSIONS)
                        await connection.check()
            except Unavailable:
                await asyncio.sleep(SECONDS_BETWEEN_TRIES)

    async def _wait(self, seconds: float) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._woken.wait()
        self._woken.clear()

    async def _check_database(self) -> None:
        if not self._prepared:
            raise NotReady("the control schema is not set up yet")
        async with owner_transaction(self._owner, self._settings) as tx:
            if await revision_number(tx) is None:
                raise NotReady("the control schema is empty")
