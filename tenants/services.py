"""The objects that a process of the HTTP application or of the workers creates once and shares between its parts."""

import asyncio
from contextlib import suppress
from secrets import token_urlsafe
from typing import Final

from haas.clock import Clock, clock_from
from haas.database import Database
from haas.errors import Unavailable
from haas.jose import JwksClient, KeySealer, Sealer
from haas.outbound import Outbound
from haas.settings import ApplicationSettings
from tenants.calls import Flusher
from tenants.clients.authentication import Authenticator
from tenants.consent.authorisation_response import AuthorisationResponder
from tenants.disclosure.store import load_data_access_token
from tenants.keys.service import Keyring
from tenants.parties.directory import Directory, StoredDirectory
from tenants.register.accreditations import Accreditations
from tenants.registration.validation_steps import ValidationSources
from tenants.registry.errors import NotBootstrapped
from tenants.registry.models import Tenant
from tenants.registry.names import control_namespace
from tenants.registry.service import Registry
from tenants.sources.choice import DataSources

PREPARED_TENANTS: Final = 16
PREPARED_CONNECTIONS: Final = 4
"""For each of these tenants. Without them, a new process under load answered 503 to some of its first requests."""


class Services:
    """The shared objects of one process. Call `start` before the first request or job, and `close` after the last."""

    def __init__(
        self, settings: ApplicationSettings, clock: Clock, database: Database, sealer: Sealer, outbound: Outbound
    ) -> None:
        """Create the shared objects from the given ones. `open` also creates the given ones."""
        self.settings = settings
        self.clock = clock
        self.database = database
        self.outbound = outbound
        self.registry = Registry(database, settings, clock)
        self.directory: Directory = StoredDirectory(database)
        self.sources = DataSources(database)
        self.keyring = Keyring(database, sealer, clock)
        self.accreditations = Accreditations(database, control_namespace(settings), clock)
        self.jwks = JwksClient(outbound, clock)
        self.authenticator = Authenticator(database, self.jwks, clock)
        self.responder = AuthorisationResponder(self.keyring, self.jwks)
        self.registration_sources = ValidationSources(self.jwks, outbound, database, control_namespace(settings))
        self._flusher = Flusher(database, control_namespace(settings), clock)
        self._flushing: asyncio.Task[None] | None = None

    @classmethod
    def open(cls, settings: ApplicationSettings) -> "Services":
        """Return the services for `settings`. Connections are opened at first use."""
        clock = clock_from(settings.clock_file)
        return cls(
            settings,
            clock,
            Database.open(settings.database_urls),
            KeySealer(settings.master_key),
            Outbound(settings, clock=clock),
        )

    async def start(self) -> None:
        """Start the task that writes the records of calls in the background."""
        self._flushing = asyncio.create_task(self._flusher.run(), name="calls.flush")

    async def prepare(self) -> None:
        """Do for a few tenants what their first requests would wait for: connect, prepare a query, decrypt the keys.

        Nothing is done if the database is unavailable.
        """
        with suppress(Unavailable, NotBootstrapped):
            tenants = (await self.registry.all())[:PREPARED_TENANTS]
            for tenant in tenants:
                await self.keyring.published_jwks(tenant)
                await asyncio.gather(*(self._prepare(tenant) for _ in range(PREPARED_CONNECTIONS)))

    async def _prepare(self, tenant: Tenant) -> None:
        async with self.database.transaction(tenant.namespace) as tx:
            await load_data_access_token(tx, token_urlsafe(), self.clock.now())

    async def close(self) -> None:
        """Write the records of calls that are not written yet, and close every connection."""
        if self._flushing is not None:
            self._flushing.cancel()
            with suppress(asyncio.CancelledError):
                await self._flushing
        await self.outbound.close()
        await self.database.close()
