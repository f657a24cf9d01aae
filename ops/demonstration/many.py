"""Many tenants at once, for benchmarks and for the tests that hold tenants apart."""

import asyncio
from collections.abc import Sequence
from itertools import cycle, islice
from typing import Final

from haas.progress import NO_PROGRESS, Progress
from ops.deployment import Deployment
from tenants.keys.creation import NewSigningKey, generate_signing_keys
from tenants.registry.models import Tenant

_KEY_SETS: Final = 4
_AT_ONCE: Final = 3  # of the four connections that provisioning may use


async def create_many(
    deployment: Deployment, number: int, *, prefix: str = "many", progress: Progress = NO_PROGRESS
) -> list[Tenant]:
    """Create `number` empty tenants `{prefix}-1`, … and return them; those that are there already are kept.

    They share a few sets of signing keys, which no real tenants may: an RSA key costs tens of milliseconds to make.
    """
    existing = {tenant.slug: tenant for tenant in await deployment.administration.all()}
    slugs = [f"{prefix}-{position}" for position in range(1, number + 1)]
    key_sets = [generate_signing_keys() for _ in range(min(_KEY_SETS, number))]
    turn = asyncio.Semaphore(_AT_ONCE)

    async def one(slug: str, keys: Sequence[NewSigningKey]) -> Tenant:
        if slug in existing:
            return existing[slug]
        async with turn:
            return await deployment.new_tenant(slug, signing_keys=keys)

    with progress.bar("tenants", number) as advance:
        async with asyncio.TaskGroup() as group:
            tasks = [
                group.create_task(one(slug, keys))
                for slug, keys in zip(slugs, islice(cycle(key_sets), number), strict=True)
            ]
            for task in tasks:
                task.add_done_callback(lambda _: advance())
    return [task.result() for task in tasks]
