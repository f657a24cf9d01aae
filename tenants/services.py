"""What a process needs to do a tenant's work, opened once and handed down: by the HTTP application and the workers."""

import asyncio
from contextlib import suppress

from haas.clock import Clock, clock_from
from haas.database import Database
from haas.jose import JwksClient, KeySealer, Sealer
from haas.outbound import Outbound
from haas.settings import Settings
from tenants.calls import Flusher
from tenants.clients.authentication import Authenticator
from tenants.consent.response import Responder
from tenants.keys.service import Keyring
from tenants.parties.directory import Directory, StoredDirectory
from tenants.register.accreditations import Accreditations
from tenants.registration.examination import Sources
from tenants.registry.names import control_namespace
from tenants.registry.service import Registry


class Services:
    """The shared parts of one process. `start` and `close` mark the time in which it works."""

    def __init__(
        self, settings: Settings, clock: Clock, database: Database, sealer: Sealer, outbound: Outbound
    ) -> None:
        """Put the parts together; `open` makes them from settings."""
        self.settings = settings
        self.clock = clock
        self.database = database
        self.outbound = outbound
        self.registry = Registry(database, settings, clock)
        self.directory: Directory = StoredDirectory()
        self.keyring = Keyring(database, sealer, clock)
        self.accreditations = Accreditations(database, control_namespace(settings), clock)
        self.jwks = JwksClient(outbound, clock)
        self.authenticator = Authenticator(database, self.jwks, clock)
        self.responder = Responder(self.keyring, self.jwks)
        self.examination_sources = Sources(self.jwks, outbound, database, control_namespace(settings))
        self._flusher = Flusher(database)
        self._flushing: asyncio.Task[None] | None = None

    @classmethod
    def open(cls, settings: Settings) -> "Services":
        """Return the services that the settings describe. Nothing connects until it is first used."""
        return cls(
            settings,
            clock_from(settings.clock_file),
            Database.open(settings.database_urls),
            KeySealer(settings.master_key),
            Outbound(settings),
        )

    async def start(self) -> None:
        """Begin what runs beside the requests."""
        self._flushing = asyncio.create_task(self._flusher.run(), name="calls.flush")

    async def close(self) -> None:
        """Write what is still counted, and close every connection."""
        if self._flushing is not None:
            self._flushing.cancel()
            with suppress(asyncio.CancelledError):
                await self._flushing
        await self.outbound.close()
        await self.database.close()
