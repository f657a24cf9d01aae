"""Reading a Register because it asks for that (CDS, Metadata Update).

The data of a Register are the same for all brands of its environment. So one reading answers the requests to all of
them that were made before it began, in every process.
"""

import asyncio
import zlib
from collections.abc import Awaitable, Callable
from typing import Any, Final

from haas.database import Database, Namespace
from haas.database.dedicated import session_lock
from haas.errors import HaasError
from tenants.notices.errors import NotDelivered
from tenants.notices.models import Notice
from tenants.register import store
from tenants.registry.models import Tenant

Poll = Callable[[str], Awaitable[Any]]
"""Reads the Register of an environment and applies its statuses. Raises a HaasError if that fails."""
_LOCK: Final = 0x48414152 << 32  # "HAAR", and the environment in the lower half


class RegisterRefreshChannel:
    """Carries out the requests for a refresh, which are in the outbox of the tenant that the Register has called."""

    def __init__(self, database: Database, control: Namespace, poll: Poll, url: str) -> None:
        """`control` is the namespace of the table that says when a Register was last read; `url` is its server's."""
        self._database = database
        self._control = control
        self._poll = poll
        self._url = url
        self._polling: dict[str, asyncio.Lock] = {}

    async def deliver(self, tenant: Tenant, notice: Notice) -> None:
        """Read the Register, unless that has begun since the notice was added. Raise NotDelivered if it fails."""
        environment = tenant.register_environment.id
        # The requests to many brands at the same time wait for the first of them: those of this process for its lock,
        # so that a process has at most one connection for this, and those of other processes for the advisory lock.
        async with self._polling.setdefault(environment, asyncio.Lock()):
            try:
                if await self._is_answered(environment, notice):
                    return
                number = _LOCK | zlib.crc32(environment.encode())
                async with session_lock(self._url, "haas-register-refresh", number):
                    if not await self._is_answered(environment, notice):
                        await self._poll(environment)
            except HaasError as error:
                raise NotDelivered(str(error)) from error

    async def _is_answered(self, environment: str, notice: Notice) -> bool:
        async with self._database.transaction(self._control) as tx:
            polled_at = await store.polled_at(tx, environment)
        return polled_at is not None and polled_at >= notice.created_at
