"""Creates many tenants at once, for the benchmarks and for the tests of tenant isolation."""

import asyncio
from collections.abc import Sequence
from itertools import cycle
from typing import Final

from haas.progress import NO_PROGRESS, Advance, Progress
from ops.deployment import Deployment
from tenants.keys.creation import NewSigningKey, generate_signing_keys
from tenants.registry.models import Tenant

_KEY_SETS: Final = 4
_CONCURRENCY: Final = 3  # provisioning has four connections


async def create_many(
    deployment: Deployment, number: int, *, prefix: str = "many", progress: Progress = NO_PROGRESS
) -> list[Tenant]:
    """Create `number` empty tenants `{prefix}-1`, … and return them. Existing ones are kept.

    They share a few sets of signing keys, because generating an RSA key is slow. Real tenants never share keys.
    """
    existing = {tenant.slug: tenant for tenant in await deployment.administration.all()}
    slugs = [f"{prefix}-{position}" for position in range(1, number + 1)]
    key_sets = [generate_signing_keys() for _ in range(min(_KEY_SETS, number))]
    slots = asyncio.Semaphore(_CONCURRENCY)

    async def create(slug: str, keys: Sequence[NewSigningKey], advance: Advance) -> Tenant:
        async with slots:
            tenant = existing.get(slug) or await deployment.new_tenant(slug, signing_keys=keys)
        advance()
        return tenant

    with progress.bar("tenants", number) as advance:
        async with asyncio.TaskGroup() as group:
            tasks = [
                group.create_task(create(slug, keys, advance))
                for slug, keys in zip(slugs, cycle(key_sets), strict=False)
            ]
    return [task.result() for task in tasks]
