"""How an operator's command uses a deployment: it reads the registry, and asks the provisioner for everything else.

The commands have a login of their own, which may take the role of the console and the roles of the tenants. They hold
neither the login that owns the database nor the master key.
"""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any, Final
from urllib.parse import urlsplit
from uuid import UUID

import msgspec

from haas.clock import Clock, clock_from
from haas.database import FEW_CONNECTIONS, Database, LoginRefused, RoleRefused, Transaction
from haas.errors import HaasError
from haas.settings import MAIN_NODE, CommandSettings, database_variable
from ops.migrations.cluster import login_statements
from ops.operator import actor
from tenants.provisioning import store as requests
from tenants.provisioning.errors import OpenRequestExists
from tenants.provisioning.models import NewProvisionRequest, ProvisionRequest, ProvisionRequestKind
from tenants.provisioning.theme_versions import theme_with_number
from tenants.registry import store as registry
from tenants.registry.errors import NotBootstrapped, TenantIncomplete, UnknownTenant
from tenants.registry.models import THEME_FILES, NodeState, RegisterEnvironment, Tenant, ThemeFile, ThemeVersion
from tenants.registry.names import Roles, console_namespace

SECONDS_UNTIL_TAKEN: Final = 10.0
SECONDS_BETWEEN_LOOKS: Final = 0.05
_START: Final = "start one with `haas provisioner` (in containers: `docker compose up --detach provisioner`)"


class RequestRefused(HaasError):
    """The provisioner could not execute the request. The message is the reason that it gave."""


class NoProvisioner(HaasError):
    """No provisioner works on the request. It stays in the database until a provisioner is started and executes it."""


class OperatorLoginRefused(HaasError):
    """PostgreSQL refuses the login of the commands, or one of its roles. The message says how to create or grant it."""


class OperatorAccess:
    """One command's access to a deployment."""

    def __init__(self, settings: CommandSettings) -> None:
        """Create the objects. No connection is opened yet. Use `open` instead, which closes the connections."""
        self.settings = settings
        self.clock: Clock = clock_from(settings.clock_file)
        self.database = Database.open(
            settings.operator_database_urls, connections=FEW_CONNECTIONS, time_factor=settings.database_time_factor
        )

    @classmethod
    @asynccontextmanager
    async def open(cls, settings: CommandSettings) -> AsyncIterator["OperatorAccess"]:
        """Yield the access, and close its connections at the end of the block.

        Raise OperatorLoginRefused if PostgreSQL refuses the login of the commands or a tenant's role for it.
        """
        access = cls(settings)
        try:
            yield access
        except LoginRefused as error:
            raise OperatorLoginRefused(_login_refused(settings, error)) from error
        except RoleRefused as error:
            raise OperatorLoginRefused(
                f"{error}. `haas migrate` grants the tenants' roles to the login of the commands"
            ) from error
        finally:
            await access.database.close()

    async def tenants(self) -> list[Tenant]:
        """Return the tenants in every state, ordered by slug."""
        async with self._console() as tx:
            return await registry.tenants(tx, self.settings)

    async def find(self, slug: str, *, incomplete: bool = False) -> Tenant:
        """Return the tenant with the slug. Tenants whose creation or removal has not finished need `incomplete=True`.

        Raise UnknownTenant, TenantIncomplete.
        """
        async with self._console() as tx:
            tenant = await registry.tenant(tx, self.settings, slug)
        if tenant is None:
            raise UnknownTenant(f"there is no tenant {slug!r}; `haas tenant list` lists them")
        if not (tenant.complete or incomplete):
            raise TenantIncomplete(
                f"the tenant {slug!r} is {tenant.state}: `haas tenant remove {slug}` removes its parts"
            )
        return tenant

    async def theme_versions(self, tenant: Tenant) -> list[ThemeVersion]:
        """Return the versions of a tenant's theme, the newest first."""
        async with self._console() as tx:
            return await registry.theme_versions(tx, tenant.id)

    async def theme(self, tenant: Tenant, number: int) -> dict[str, Any]:
        """Return the theme tokens of a version. Raise UnknownThemeVersion."""
        async with self._console() as tx:
            return await theme_with_number(tx, tenant, number)

    async def theme_files(self, tenant: Tenant, theme: dict[str, Any]) -> list[ThemeFile]:
        """Return the files that a theme of a tenant names."""
        digests = [theme[token] for token in THEME_FILES if theme.get(token)]
        async with self._console() as tx:
            found = [await registry.load_theme_file(tx, tenant.id, digest) for digest in digests]
        return [file for file in found if file is not None]

    async def nodes(self) -> dict[str, NodeState]:
        """Return the states of the database nodes by node id."""
        async with self._console() as tx:
            return await registry.nodes(tx)

    async def register_environments(self) -> list[RegisterEnvironment]:
        """Return the register environments, ordered by id."""
        async with self._console() as tx:
            return await registry.register_environments(tx)

    async def ask(
        self,
        kind: ProvisionRequestKind,
        subject: str,
        arguments: msgspec.Struct | None = None,
        *,
        on_progress: Callable[[str], None] = lambda _: None,
    ) -> str:
        """Send a request to the provisioner, wait until it is completed, and return a text that says what was done.

        If the same request is open already, wait for that one. Raise RequestRefused with the provisioner's reason,
        NoProvisioner if none takes the request within SECONDS_UNTIL_TAKEN, OpenRequestExists, NotBootstrapped.
        """
        written = {} if arguments is None else msgspec.to_builtins(arguments)
        asker = actor()
        # An operator of the command line approves their own request.
        new = NewProvisionRequest(kind=kind, subject=subject, arguments=written, asked_by=asker, approved_by=asker)
        return await self._wait_until_done(await self._add_or_find(new), on_progress)

    async def _add_or_find(self, new: NewProvisionRequest) -> UUID:
        """Return the id of the request, which is added unless the same request is open already."""
        try:
            async with self._console() as tx:
                return await requests.add_request(tx, new, self.clock.now())
        except OpenRequestExists:
            async with self._console() as tx:
                open_already = await requests.open_request(tx, new.subject)
            if open_already is None:  # it was completed a moment ago
                return await self._add_or_find(new)
            if not _same(open_already, new):
                raise
            return open_already.id

    async def _wait_until_done(self, request_id: UUID, on_progress: Callable[[str], None]) -> str:
        loop = asyncio.get_running_loop()
        idle_since, shown = loop.time(), None
        while True:
            async with self._console() as tx:
                request = await requests.load_request(tx, request_id)
            if request is None:
                raise RequestRefused("the request was deleted from the database")
            if request.done_at is not None:
                if request.error is not None:
                    raise RequestRefused(request.error)
                return request.progress or ""
            if request.leased_until is not None and request.leased_until > self.clock.now():
                idle_since = loop.time()
                if request.progress not in (None, "begun", shown):
                    shown = request.progress
                    on_progress(str(shown))
            elif loop.time() - idle_since > SECONDS_UNTIL_TAKEN:
                raise NoProvisioner(
                    f"no provisioner has taken the request within {SECONDS_UNTIL_TAKEN:.0f} s: {_START}."
                    " The request stays in the database until a provisioner executes it; the same command waits for it"
                )
            await asyncio.sleep(SECONDS_BETWEEN_LOOKS)

    @asynccontextmanager
    async def _console(self) -> AsyncIterator[Transaction]:
        try:
            async with self.database.transaction(console_namespace(self.settings)) as tx:
                yield tx
        except RoleRefused as error:
            raise NotBootstrapped(
                f"the database is not set up for a deployment with the role prefix {self.settings.role_prefix!r}:"
                f" the provisioner sets it up, {_START} ({error})"
            ) from error


def _login_refused(settings: CommandSettings, error: LoginRefused) -> str:
    database = urlsplit(settings.operator_database_url).path.removeprefix("/")
    login = Roles(settings.role_prefix).operator
    return (
        f"{error}. The commands use the login of {database_variable(MAIN_NODE, 'operator')}. If it does not exist, a"
        f" database administrator creates it: {login_statements(login, database)}"
    )


def _same(open_already: ProvisionRequest, new: NewProvisionRequest) -> bool:
    """Return whether two requests ask for the same. The random id that a command generates may differ."""
    return open_already.kind == new.kind and _comparable(open_already.arguments) == _comparable(new.arguments)


def _comparable(arguments: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in arguments.items() if name != "register_brand_id"}
