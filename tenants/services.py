"""The objects that a process of the HTTP application or of the workers creates once and shares between its parts."""

import asyncio
from collections.abc import Callable, Sequence
from contextlib import suppress
from secrets import token_urlsafe
from typing import Final

from haas.clock import Clock, clock_from
from haas.database import Database
from haas.errors import Unavailable
from haas.jose import SIGNING_TIMES, JwksClient, KeySealer, Sealer
from haas.metrics import ServerStates, Source
from haas.outbound import Outbound
from haas.settings import ApplicationSettings
from haas.shared_limits import SharedLimits
from haas.shared_values import SharedValues
from haas.valkey_counts import ValkeyCounts
from tenants.aemo.client import AemoClient
from tenants.aemo.participants import Participants
from tenants.aemo.service import Market
from tenants.availability.board import OutageBoard
from tenants.availability.secondary_status import SecondaryStatus
from tenants.calls import Flusher
from tenants.clients.authentication import Authenticator
from tenants.consent.authorisation_response import AuthorisationResponder
from tenants.disclosure.store import load_data_access_token
from tenants.keys.service import Keyring
from tenants.parties.directory import Directory
from tenants.register.accreditations import Accreditations
from tenants.registration.validation_steps import ValidationSources
from tenants.registry.errors import NotBootstrapped
from tenants.registry.models import Tenant
from tenants.registry.names import control_namespace, market_namespace
from tenants.registry.service import Registry
from tenants.sources.choice import DataSources
from tenants.sources.upstream import UpstreamParts
from tenants.synchronisation.directory import UpstreamDirectory
from tenants.traffic.active_authorisations import ActiveAuthorisations
from tenants.traffic.service import Traffic
from tenants.upstream.access import UpstreamAccesses
from tenants.upstream.capabilities import KnownCapabilities
from tenants.upstream.client import UpstreamClient

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
        self.sealer = sealer
        """Uses the master key of the deployment."""
        self.registry = Registry(database, settings, clock)
        self._shared_values = SharedValues(settings.redis_url)
        self.aemo = AemoClient(outbound, clock, self._shared_values, settings.application_processes)
        self._market = Market(Participants(database, market_namespace(settings), sealer, clock), self.aemo, clock)
        self.keyring = Keyring(database, sealer, clock)
        self.upstream = UpstreamClient(
            outbound, UpstreamAccesses(database, sealer, outbound, clock), self.keyring, clock
        )
        self.directory: Directory = UpstreamDirectory(database, self.upstream, clock)
        self.capabilities = KnownCapabilities(clock)
        upstream = UpstreamParts(self.upstream, self.capabilities, database)
        self.sources = DataSources(database, self._market, upstream)
        self.accreditations = Accreditations(database, control_namespace(settings), clock)
        self.jwks = JwksClient(outbound, clock)
        self.authenticator = Authenticator(database, self.jwks, clock)
        self.responder = AuthorisationResponder(self.keyring, self.jwks)
        self.registration_sources = ValidationSources(self.jwks, outbound, database, control_namespace(settings))
        self._shared_counts = ValkeyCounts(settings.redis_url)
        self._active_authorisations = ActiveAuthorisations(database, clock)
        self.traffic = Traffic(
            SharedLimits(clock, self._shared_counts, processes=settings.application_processes),
            self._active_authorisations,
            clock,
            factor=settings.traffic_factor,
            pushed_requests=settings.pushed_requests,
        )
        self.outage_board = OutageBoard(database, clock)
        self.secondary_status = SecondaryStatus(outbound, settings.market_status_uri, clock)
        self._flusher = Flusher(database, control_namespace(settings), clock)
        self._flushing: asyncio.Task[None] | None = None

    @classmethod
    def open(cls, settings: ApplicationSettings) -> "Services":
        """Return the services for `settings`. Connections are opened at first use."""
        clock = clock_from(settings.clock_file)
        return cls(
            settings,
            clock,
            Database.open(settings.database_urls, time_factor=settings.database_time_factor),
            KeySealer(settings.master_key),
            Outbound(settings, clock=clock),
        )

    def metrics(self, **uses: Callable[[], bool]) -> Sequence[Source]:
        """Return the sources of the metrics that every process with these services has.

        `uses` are further uses of Valkey, each with a function that says whether it answers.
        """
        states = {"limits": lambda: self._shared_counts.is_up, "values": lambda: self._shared_values.is_up, **uses}
        return self.database.metrics(), self.outbound.metrics, self.aemo, SIGNING_TIMES, ServerStates(states)

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
                await self.outage_board.known(tenant)
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
        await self.secondary_status.close()
        await self.outage_board.close()
        await self._active_authorisations.close()
        await self._shared_counts.close()
        await self._market.close()
        await self.aemo.close()
        await self._shared_values.close()
        await self.outbound.close()
        await self.database.close()
