"""The embedded stack: it starts all processes in order, sets up the demonstration brands, and writes `stack.json`."""

import asyncio
import contextlib
import errno
import os
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any

import msgspec

from haas.clock import clock_from
from haas.database import Database
from haas.metrics import metrics_listener
from haas.progress import NoProgress, Progress
from haas.settings import (
    ApplicationSettings,
    BackupSettings,
    CommandSettings,
    ProvisionerSettings,
    RestoreSettings,
    Settings,
    WorkerSettings,
)
from ops.demonstration.brands import REGISTER_ENVIRONMENT
from ops.demonstration.retailer import write_retailer_data
from ops.demonstration.setup import data_file
from ops.deployment_settings import DeploymentSettings
from ops.migrations.cluster import create_deployment
from ops.pki.store import Pki
from ops.proxy.configuration import EHubProxy, ProxyConfiguration, SandboxProxy
from ops.proxy.metrics import ProxyFiles, ProxyMetrics
from ops.serving.server import APPLICATION
from ops.settings_file import write_settings
from ops.stack import layout as names
from ops.stack.background_process import BackgroundProcess
from ops.stack.description import Roots, StackDescription, describe_tenant, write_description
from ops.stack.errors import DiskFull
from ops.stack.folder import StateFolder
from ops.stack.layout import Layout, application_names, ensure_secrets
from ops.stack.log_rotation import rotate
from ops.stack.nginx import Nginx
from ops.stack.options import Options, SetUpDemonstration
from ops.stack.periodic_checks import RevocationListCheck, TenantCheck, check_periodically
from ops.stack.postgres import Postgres
from ops.stack.stored_secret import stored_secret
from ops.stack.supervisor import Supervisor
from ops.stack.unprivileged import group_name, proxy_account
from ops.stack.uvicorn import Uvicorn
from ops.stack.valkey import Valkey
from ops.stack.wheels import check_installed
from tenants.registry.models import Tenant
from tenants.registry.service import Registry

LOG_CHECK_SECONDS = 5.0
REVOCATION_CHECK_SECONDS = 0.2
TENANT_CHECK_SECONDS = 1.0


class Stack:
    """A running stack. `description` is the current content of `stack.json`."""

    def __init__(
        self, folder: StateFolder, supervisor: Supervisor, settings: DeploymentSettings, pki: Pki, workers: int
    ) -> None:
        """`workers` is the number of application processes."""
        self.folder = folder
        self.settings = settings
        self.pki = pki
        self.workers = workers
        self.description: StackDescription
        self.changed = asyncio.Event()
        self._supervisor = supervisor

    def processes(self) -> dict[str, int]:
        """Return the current pids by name: postgres, valkey, app, worker, schedule, provisioner, sandbox, ehub, nginx.

        Further application processes are app-2, app-3 and so on.
        """
        return self._supervisor.processes()

    async def deploy(self) -> None:
        """Restart the product's processes, as for a new version of the code. Raises ProcessFailed.

        Each process finishes its work before it ends. The application processes are the last ones, one after another:
        the next one is stopped when the one before it is ready again. So no request fails if there are two or more.
        After a failure, the remaining application processes keep running.
        """
        background = (self.restart(name) for name in ("provisioner", "worker", "schedule"))
        for error in await asyncio.gather(*background, return_exceptions=True):
            if error is not None:
                raise error
        for name in application_names(self.workers):
            await self.restart(name)

    async def restart(self, process: str) -> None:
        """Let a process finish its work and end, and start it again. Raises ProcessFailed."""
        await self._supervisor.process(process).restart()

    async def kill(self, process: str) -> None:
        """Kill a process with SIGKILL, as in a crash. The supervisor restarts it."""
        await self._supervisor.process(process).kill()

    async def until_ready(self, process: str, timeout_seconds: float = 60.0) -> None:
        """Wait until a process is ready, after its first start or a restart. Raises TimeoutError."""
        async with asyncio.timeout(timeout_seconds):
            await self._supervisor.process(process).until_ready()

    async def until_described(self, slug: str, timeout_seconds: float = 30.0) -> None:
        """Wait until a new tenant has certificates and is in `stack.json`. Raises TimeoutError."""
        async with asyncio.timeout(timeout_seconds):
            while all(tenant.slug != slug for tenant in self.description.tenants):
                self.changed.clear()
                await self.changed.wait()

    def issue_certificate(self, host: str) -> None:
        """Issue the server certificate of `host`, so that the proxy serves the host."""
        self.pki.ensure_server(host, self.folder.certificates)

    def issue_holder(self) -> tuple[str, str]:
        """Issue a client certificate of the CDR for a data holder. Return its chain and its key in PEM."""
        issued = self.pki.issue_client("holder", "Holder")
        return issued.certificate, str(issued.key)

    def issue_participant(self, participant_id: str) -> tuple[str, str]:
        """Issue the client certificate of a participant of the electricity market. Return its chain and its key."""
        issued = self.pki.issue_participant(participant_id)
        return issued.certificate, str(issued.key)


@asynccontextmanager
async def running(
    options: Options, set_up: SetUpDemonstration, progress: Progress | None = None
) -> AsyncIterator[Stack]:
    """Run the stack until the block ends, then stop every process. Raises StackError if a process does not start."""
    check_installed(options.packages)
    progress = progress or NoProgress()
    folder = StateFolder(options.state)
    with _full_disk_as_stack_error(folder):
        folder.open()
    try:
        async with Supervisor(folder) as supervisor, contextlib.AsyncExitStack() as exits:
            if options.fresh:
                progress.line(f"Deleting the content of {folder.root}")
                folder.empty()
            with _full_disk_as_stack_error(folder):
                folder.prepare()
                stack = await _Start(folder, options, supervisor, progress, exits).run(set_up)
            yield stack
    finally:
        folder.description.unlink(missing_ok=True)
        folder.discard_sockets()
        folder.close()


@contextlib.contextmanager
def _full_disk_as_stack_error(folder: StateFolder) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        if error.errno in {errno.ENOSPC, errno.EDQUOT}:
            raise DiskFull(folder.root, os.strerror(error.errno)) from error
        raise


class _Start:
    """The steps of one start."""

    def __init__(
        self,
        folder: StateFolder,
        options: Options,
        supervisor: Supervisor,
        progress: Progress,
        exits: contextlib.AsyncExitStack,
    ) -> None:
        self._folder = folder
        self._options = options
        self._supervisor = supervisor
        self._progress = progress
        self._exits = exits
        self._backup_variables: dict[str, str] = {}

    async def run(self, set_up: SetUpDemonstration) -> Stack:
        folder, progress = self._folder, self._progress
        layout = Layout.of(folder, self._options)
        ensure_secrets(folder)
        progress.line("Test authorities and certificates")
        pki = await asyncio.to_thread(self._certificates)
        servers = await self._servers(layout)
        variables = {
            **layout.variables(folder, pki, servers),
            "HAAS_APPLICATION_PROCESSES": str(self._options.workers),
            **self._options.variables,
        }
        for kind, file in (
            (CommandSettings, folder.settings),
            (ApplicationSettings, folder.application_settings),
            (WorkerSettings, folder.worker_settings),
            (ProvisionerSettings, folder.provisioner_settings),
        ):
            write_settings(file, kind.select(variables))
        self._write_settings_of_backups(variables)
        settings = DeploymentSettings.from_environment(variables)
        stack = Stack(folder, self._supervisor, settings, pki, self._options.workers)
        progress.line("Databases and demonstration brands")
        customers = await set_up(settings, progress, stack)
        await asyncio.to_thread(
            write_retailer_data, folder.retailers, data_file(), clock_from(settings.clock_file).now().date()
        )
        await self._describe(stack, layout, customers)
        await self._applications(stack, layout, variables)
        return stack

    def _write_settings_of_backups(self, variables: dict[str, str]) -> None:
        """Write what `haas backup` and `haas restore` read. No process of the stack has these variables."""
        for kind, file in (
            (BackupSettings, self._folder.backup_settings),
            (RestoreSettings, self._folder.restore_settings),
        ):
            write_settings(file, kind.select({**variables, **self._backup_variables}))

    def _certificates(self) -> Pki:
        pki = Pki(self._folder.pki)
        for host in (names.CONSOLE_HOST, *names.SANDBOX_HOSTS):
            pki.ensure_server(host, self._folder.certificates)
        return pki

    async def _servers(self, layout: Layout) -> dict[str, str]:
        """Start the servers that are not in the environment. Return the variables with the URLs of all servers."""
        options, folder = self._options, self._folder
        variables = {"HAAS_ROLE_PREFIX": options.role_prefix}
        if layout.postgres is not None:
            postgres = Postgres(folder, layout.postgres, durable=options.durable)
            self._progress.line(f"PostgreSQL on port {layout.postgres}")
            await self._supervisor.start(postgres)
            deployment = await create_deployment(
                postgres.superuser_url,
                options.role_prefix,
                owner_password=stored_secret(folder.secrets / "postgres-provisioner"),
                app_password=stored_secret(folder.secrets / "postgres-app"),
                operator_password=stored_secret(folder.secrets / "postgres-operator"),
                backup_password=stored_secret(folder.secrets / "postgres-backup"),
            )
            self._backup_variables = {
                "HAAS_BACKUP_DATABASE_URL": deployment.backup_url,
                "HAAS_POSTGRES_PROGRAMS": str(postgres.programs),
            }
            variables["HAAS_DATABASE_URL"] = deployment.app_url
            variables["HAAS_OWNER_DATABASE_URL"] = deployment.owner_url
            variables["HAAS_OPERATOR_DATABASE_URL"] = deployment.operator_url
        else:
            self._progress.line("PostgreSQL: the server of HAAS_DATABASE_URL")
            variables["HAAS_DATABASE_URL"] = str(options.database_url)
            variables["HAAS_OWNER_DATABASE_URL"] = str(options.owner_database_url)
            variables["HAAS_OPERATOR_DATABASE_URL"] = str(options.operator_database_url)
        if layout.valkey is not None:
            valkey = Valkey(folder, layout.valkey)
            self._progress.line(f"Valkey on port {layout.valkey}")
            await self._supervisor.start(valkey)
            variables["HAAS_REDIS_URL"] = valkey.url
        else:
            self._progress.line("Valkey: the server of HAAS_REDIS_URL")
            variables["HAAS_REDIS_URL"] = str(options.redis_url)
        return variables

    async def _describe(self, stack: Stack, layout: Layout, customers: Mapping[str, Sequence[Any]]) -> None:
        """Write `stack.json` now, and again whenever the tenants change."""
        folder, settings, pki = stack.folder, stack.settings, stack.pki
        known = {slug: msgspec.to_builtins(list(entries)) for slug, entries in customers.items()}

        def write(tenants: Sequence[Tenant]) -> None:
            stack.description = StackDescription(
                domain=settings.domain,
                port=layout.https,
                roots=Roots(bundle=str(pki.trusted_roots_file), web=str(pki.web_root_file), cdr=str(pki.cdr_root_file)),
                addresses=names.ADDRESSES,
                console_url=settings.origin(names.CONSOLE_HOST),
                sandbox=layout.sandbox(settings),
                tenants=[describe_tenant(tenant, known.get(tenant.slug, [])) for tenant in tenants],
                settings_file=str(folder.settings),
                worker_settings_file=str(folder.worker_settings),
                logs=str(folder.logs),
                processes_file=str(folder.run / "processes.json"),
            )
            write_description(folder.description, stack.description)
            stack.changed.set()

        database = Database.open(settings.database_urls, time_factor=settings.database_time_factor)
        self._exits.push_async_callback(database.close)
        registry = Registry(database, settings, clock_from(settings.clock_file))
        tenants = TenantCheck(registry.all, stack.issue_certificate, write)
        await tenants.check()
        self._check(tenants.check, TENANT_CHECK_SECONDS)

    async def _applications(self, stack: Stack, layout: Layout, variables: dict[str, str]) -> None:
        folder = self._folder
        sockets = folder.sockets()
        sandbox_variables = layout.sandbox_variables(folder, variables)
        ehub_variables = layout.ehub_variables(folder, variables)
        proxy = proxy_account()
        group = None if proxy is None else group_name(proxy)
        names_of_applications = application_names(self._options.workers)

        def health(process: str) -> str:
            return f"unix:{sockets / process}-health"

        def own(kind: type[Settings], process: str) -> dict[str, str]:
            """Return the variables that a process reads, and no others."""
            return {
                **kind.select(variables),
                "HAAS_HEALTH": health(process),
                "HAAS_METRICS": layout.metrics_address(process),
            }

        nginx = Nginx(
            ProxyConfiguration(
                folder=folder.nginx,
                certificates=folder.certificates,
                client_authorities=stack.pki.client_authorities_file,
                revocation_lists=stack.pki.revocation_lists_file,
                applications=tuple(f"unix:{sockets / name}" for name in names_of_applications),
                register_environment=REGISTER_ENVIRONMENT,
                health_port=layout.nginx_health,
                access_log=folder.logs / "access.log",
                unavailable_pages=folder.unavailable_pages,
                port=layout.https,
                user=None if proxy is None else proxy.name,
                group=group,
                # Here all clients have the loopback address, so the limit for one address must be high.
                identification_rate="100r/s",
                identification_burst=200,
                sandbox=SandboxProxy(
                    domain=names.SANDBOX_DOMAIN,
                    upstream=f"unix:{sockets / 'sandbox'}",
                    ehub=EHubProxy(
                        upstream=f"unix:{sockets / 'ehub'}", client_authorities=stack.pki.market_authorities_file
                    ),
                ),
            )
        )
        self._progress.line(
            f"Application, worker, schedule, provisioner, sandbox, e-Hub, and nginx on port {layout.https}"
        )
        revocation = RevocationListCheck(stack.pki, nginx.pid_file)
        await self._supervisor.start_together(
            *(
                Uvicorn(
                    name,
                    APPLICATION,
                    sockets / name,
                    own(ApplicationSettings, name),
                    group=group,
                    health=health(name),
                )
                for name in names_of_applications
            ),
            BackgroundProcess("worker", ("workers.main",), own(WorkerSettings, "worker"), health("worker")),
            BackgroundProcess("schedule", ("workers.schedule",), own(WorkerSettings, "schedule"), health("schedule")),
            BackgroundProcess(
                "provisioner",
                ("ops.cli", "provisioner"),
                own(ProvisionerSettings, "provisioner"),
                health("provisioner"),
            ),
            Uvicorn("sandbox", "ops.sandbox.app:create", sockets / "sandbox", sandbox_variables, group=group),
            Uvicorn("ehub", "ops.sandbox.ehub.app:create", sockets / "ehub", ehub_variables, group=group),
            nginx,
        )
        files = ProxyFiles(
            certificates=folder.certificates,
            revocation_lists=stack.pki.revocation_lists_file,
            folders={"nginx": folder.nginx, "state": folder.root},
        )
        proxy_metrics = ProxyMetrics(files)
        await self._exits.enter_async_context(proxy_metrics.reading())
        await self._exits.enter_async_context(metrics_listener(layout.metrics_address("proxy"), (proxy_metrics,)))
        layout.write_scrape_targets(folder.scrape_targets, self._options.workers)
        self._check(revocation.check, REVOCATION_CHECK_SECONDS)
        self._check(lambda: asyncio.to_thread(rotate, folder.logs), LOG_CHECK_SECONDS)

    def _check(self, check: Callable[[], Awaitable[None]], every: float) -> None:
        task = asyncio.create_task(check_periodically(check, every))

        async def end() -> None:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

        self._exits.push_async_callback(end)
