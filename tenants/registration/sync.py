"""Keeping every tenant's clients in step with the Register.

    poll → control.register_status → the client rows of each tenant → consents invalidated, registrations cleaned up

The resource APIs read the client row at each request, so that a status counts as soon as its row is written. Every step
starts from what is stored, not from what has just changed: a poll that was cut short is completed by the next.
"""

import asyncio
import logging
from typing import Final

from haas.clock import Clock
from haas.database import Database, Namespace
from haas.telemetry import bind
from tenants.clients import store as clients
from tenants.clients.store import ClientStatus
from tenants.register import store
from tenants.register.api import RegisterApi
from tenants.register.errors import RegisterUnreadable
from tenants.register.models import FannedOut, Polled, Statuses
from tenants.registration import service as registrations
from tenants.registry.models import RegisterEnvironment, Tenant

logger = logging.getLogger(__name__)

TRIES: Final = 3
SECONDS_BETWEEN_TRIES: Final = 5.0
SECONDS_FOR_THE_REGISTER: Final = 60.0
REASON: Final = "the Register removed the software product or ended the accreditation"


class StatusSync:
    """Polls Registers and hands what they say to the tenants (CDS, Metadata Cache Management: within five minutes)."""

    def __init__(
        self,
        database: Database,
        control: Namespace,
        register: RegisterApi,
        clock: Clock,
        *,
        seconds_between_tries: float = SECONDS_BETWEEN_TRIES,
    ) -> None:
        """Keep statuses in the `control` namespace."""
        self._database = database
        self._control = control
        self._register = register
        self._clock = clock
        self._pause = seconds_between_tries

    async def poll(self, environment: RegisterEnvironment, tenants: list[Tenant]) -> Polled:
        """Ask the Register and bring `tenants`, those of its environment, in step.

        Raises RegisterUnreadable after three tries; the tenants are then brought in step with what it last said.
        """
        failure, statuses = None, Statuses({}, {})
        try:
            statuses = await self._asked(environment)
        except RegisterUnreadable as error:
            failure = error
        else:
            async with self._database.transaction(self._control) as tx:
                await store.put_statuses(tx, environment.id, statuses, self._clock.now())
        effects, failed = FannedOut(), 0
        async with self._database.transaction(self._control) as tx:
            kept = await store.kept_statuses(tx, environment.id)
        nodes: dict[str, list[Tenant]] = {}
        for tenant in tenants:
            nodes.setdefault(tenant.namespace.node, []).append(tenant)

        async def fan_out_node(tenants: list[Tenant]) -> None:
            nonlocal failed
            for tenant in tenants:
                with bind(tenant=tenant.slug):
                    try:
                        effects.add(await self.fan_out(tenant, kept))
                    except Exception:
                        # One tenant's trouble must not keep another's recipients disclosing; the next poll tries again.
                        logger.exception("register.tenant_not_synchronised")
                        failed += 1

        # At the same time: a database node that does not answer must not delay the tenants of the others.
        await asyncio.gather(*map(fan_out_node, nodes.values()))
        if failure is not None:
            raise failure
        return Polled(
            environment=environment.id,
            recipients=len(statuses.recipients),
            products=len(statuses.products),
            tenants=len(tenants),
            tenants_failed=failed,
            effects=effects,
        )

    async def fan_out(self, tenant: Tenant, kept: dict[tuple[str, str], str]) -> FannedOut:
        """Bring a tenant's client rows in step with `kept`, then do what their statuses ask for."""
        async with self._database.transaction(tenant.namespace) as tx:
            changed = [new for old in await clients.client_statuses(tx) if (new := _in_step(old, kept)) != old]
            await clients.set_client_statuses(tx, changed)
            doomed = await clients.clients_to_clean_up(tx)
        for row in changed:
            logger.info(
                "register.status_changed",
                extra={"client": row.client_id, "recipient": row.recipient_status, "product": row.product_status},
            )
        effects = FannedOut(changed=len(changed))
        for client_id in doomed:
            effects.add(await self._clean_up(tenant, client_id))
        return effects

    async def _clean_up(self, tenant: Tenant, client_id: str) -> FannedOut:
        """Invalidate a client's consents and clean its registration up (CDS, Data Holder Responsibilities)."""
        now = self._clock.now()
        async with self._database.transaction(tenant.namespace, long=True) as tx:
            ended = await registrations.end_client(tx, client_id, by="register", reason=REASON, now=now)
        logger.info("register.client_removed", extra={"client": client_id, "arrangements": ended})
        return FannedOut(removed=1, arrangements_ended=ended)

    async def _asked(self, environment: RegisterEnvironment) -> Statuses:
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


def _in_step(old: ClientStatus, kept: dict[tuple[str, str], str]) -> ClientStatus:
    return old._replace(
        recipient_status=kept.get(("recipient", old.recipient_id), old.recipient_status),
        product_status=kept.get(("product", old.software_id), old.product_status),
    )
