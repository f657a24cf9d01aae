"""Updates the clients of every tenant with the statuses of the CDR Register.

    poll → control.register_status → the client rows of each tenant → consents invalidated, registrations removed

The resource APIs read the client row at each request, so that a status takes effect when its row is committed. Every
step reads all stored statuses, not only those that changed. So the next poll completes an interrupted poll.
"""

import asyncio
import logging
from typing import Final

from haas.clock import Clock
from haas.database import Database, Namespace
from haas.logs import bind
from tenants.clients import store as clients
from tenants.clients.store import ClientStatus
from tenants.holders.service import tell_of_end
from tenants.register import store
from tenants.register.api import RegisterApi
from tenants.register.errors import RegisterUnreadable
from tenants.register.models import PollResult, StatusEffects, Statuses
from tenants.registration import service as registrations
from tenants.registry.models import RegisterEnvironment, Tenant

logger = logging.getLogger(__name__)

TRIES: Final = 3
SECONDS_BETWEEN_TRIES: Final = 5.0
SECONDS_FOR_THE_REGISTER: Final = 60.0
REASON: Final = "the Register removed the software product or ended the accreditation"


class StatusSync:
    """Polls Registers and applies the statuses to tenants (CDS, Metadata Cache Management: within five minutes)."""

    def __init__(
        self,
        database: Database,
        control: Namespace,
        register: RegisterApi,
        clock: Clock,
        *,
        seconds_between_tries: float = SECONDS_BETWEEN_TRIES,
    ) -> None:
        """`control` is the namespace of the table that stores the statuses."""
        self._database = database
        self._control = control
        self._register = register
        self._clock = clock
        self._pause = seconds_between_tries

    async def poll(self, environment: RegisterEnvironment, tenants: list[Tenant]) -> PollResult:
        """Fetch the statuses and apply them to `tenants`, which must be those of the environment.

        Raise RegisterUnreadable if three attempts failed. In that case, the last stored statuses were applied.
        """
        failure, statuses, began = None, Statuses({}, {}), self._clock.now()
        try:
            statuses = await self._fetch(environment)
        except RegisterUnreadable as error:
            failure = error
        else:
            async with self._database.transaction(self._control) as tx:
                await store.put_statuses(tx, environment.id, statuses, began)
        effects, failed = StatusEffects(), 0
        async with self._database.transaction(self._control) as tx:
            stored = await store.stored_statuses(tx, environment.id)
        nodes: dict[str, list[Tenant]] = {}
        for tenant in tenants:
            nodes.setdefault(tenant.namespace.node, []).append(tenant)

        async def apply_to_node(tenants: list[Tenant]) -> None:
            nonlocal failed
            for tenant in tenants:
                with bind(tenant=tenant.slug):
                    try:
                        effects.add(await self.apply_statuses(tenant, stored))
                    except Exception:
                        # An error in one tenant must not prevent the update of the others. The next poll tries again.
                        logger.exception("register.tenant_not_synchronised")
                        failed += 1

        # Concurrently, because a database node that does not answer must not delay the tenants of other nodes.
        await asyncio.gather(*map(apply_to_node, nodes.values()))
        if failure is not None:
            raise failure
        return PollResult(
            environment=environment.id,
            recipients=len(statuses.recipients),
            products=len(statuses.products),
            tenants=len(tenants),
            tenants_failed=failed,
            effects=effects,
        )

    async def apply_statuses(self, tenant: Tenant, stored: dict[tuple[str, str], str]) -> StatusEffects:
        """Write the `stored` statuses into the client rows of a tenant, then end clients whose status requires it."""
        async with self._database.transaction(tenant.namespace) as tx:
            changed = [
                new for old in await clients.client_statuses(tx) if (new := _with_stored_statuses(old, stored)) != old
            ]
            await clients.set_client_statuses(tx, changed)
            to_clean_up = await clients.clients_to_end(tx)
        for row in changed:
            logger.info(
                "register.status_changed",
                extra={"client": row.client_id, "recipient": row.recipient_status, "product": row.product_status},
            )
        effects = StatusEffects(changed=len(changed))
        for client_id in to_clean_up:
            effects.add(await self._clean_up(tenant, client_id))
        return effects

    async def _clean_up(self, tenant: Tenant, client_id: str) -> StatusEffects:
        """Invalidate the consents of a client and remove its registration (CDS, Data Holder Responsibilities)."""
        now = self._clock.now()
        async with self._database.transaction(tenant.namespace, "long") as tx:
            ended = await registrations.end_client(
                tx, client_id, by="register", reason=REASON, tell=tell_of_end(tenant), now=now
            )
        logger.info("register.client_removed", extra={"client": client_id, "arrangements": ended})
        return StatusEffects(removed=1, arrangements_ended=ended)

    async def _fetch(self, environment: RegisterEnvironment) -> Statuses:
        reason = ""
        for attempt in range(1, TRIES + 1):
            if attempt > 1:
                await asyncio.sleep(self._pause)
            try:
                async with asyncio.timeout(SECONDS_FOR_THE_REGISTER / TRIES):
                    return await self._register.statuses(environment)
            except (RegisterUnreadable, TimeoutError) as error:
                reason = str(error) or f"{environment.public_base_uri} took too long"
            details = {"environment": environment.id, "attempt": attempt, "reason": reason}
            logger.warning("register.not_read", extra=details)
        raise RegisterUnreadable(reason)


def _with_stored_statuses(old: ClientStatus, stored: dict[tuple[str, str], str]) -> ClientStatus:
    return old._replace(
        recipient_status=stored.get(("recipient", old.recipient_id), old.recipient_status),
        product_status=stored.get(("product", old.software_id), old.product_status),
    )
