"""The objects that a process of the HTTP application or of the workers creates once and shares between its parts."""

import asyncio
from contextlib import suppress

from haas.clock import Clock, clock_from
from haas.database import Database
from haas.jose import JwksClient, KeySealer, Sealer
from haas.outbound import Outbound
from haas.settings import ApplicationSettings
from tenants.calls import Flusher
from tenants.clients.authentication import Authenticator
from tenants.consent.authorisation_response import AuthorisationResponder
from tenants.keys.service import Keyring
from tenants.parties.directory import Directory, StoredDirectory
from tenants.register.accreditations import Accreditations
from tenants.registration.validation_steps import ValidationSources
from tenants.registry.names import control_namespace
from tenants.registry.service import Registry
from tenants.sources.choice import DataSources


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
        self._flusher = Flusher(database, control_namespace(settings))
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

    async def close(self) -> None:
        """Write the records of calls that are not written yet, and close every connection."""
        if self._flushing is not None:
            self._flushing.cancel()
            with suppress(asyncio.CancelledError):
                await self._flushing
        await self.outbound.close()
        await self.database.close()
