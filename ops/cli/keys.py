"""`haas keys`: the signing keys of a tenant."""

import asyncio

import click

from haas.settings import Settings
from ops.deployment import Deployment
from ops.deployment_settings import deployment_settings
from ops.operator import actor, columns
from tenants.keys import rotation, store
from tenants.keys.rotation import KeyRotation
from tenants.keys.store import KeyRow
from tenants.provisioning.owner import owner_transaction, registry_and_tenant
from tenants.registry.store import append_audit


@click.group("keys")
def command() -> None:
    """Manage the signing keys of a tenant. Their states are next, current, retired and gone."""


@command.command("list")
@click.argument("slug")
def list_(slug: str) -> None:
    """List the signing keys of the tenant SLUG."""
    settings = deployment_settings()
    keys, published = asyncio.run(_keys(settings, slug))
    rows = [
        (
            key.algorithm,
            key.state,
            f"{key.state_at:%Y-%m-%d %H:%M} UTC",
            "yes" if key.kid in published else "no",
            key.kid,
        )
        for key in keys
    ]
    for line in columns(("ALGORITHM", "STATE", "SINCE", "PUBLISHED", "KID"), rows):
        click.echo(line)


@command.command("rotate")
@click.argument("slug")
@click.option(
    "--compromised",
    is_flag=True,
    help="The current keys may be known to others: stop publishing them at once, even if the next keys are new.",
)
def rotate(slug: str, *, compromised: bool) -> None:
    """Make the next signing keys of the tenant SLUG the current ones, and create new next keys.

    The keys that were current stay in the JWKS until everything that they signed has expired.
    """
    for rotated in asyncio.run(_rotate(deployment_settings(), slug, compromised=compromised)):
        ending = "no longer published" if compromised else f"published for {_published_after_use()} more"
        click.echo(
            f"{rotated.algorithm}: {rotated.current} signs now; {rotated.retired} is {ending}; next is {rotated.next}"
        )


async def _keys(settings: Settings, slug: str) -> tuple[list[KeyRow], set[str]]:
    async with Deployment.open(settings) as deployment:
        tenant = await deployment.administration.find(slug)
        async with owner_transaction(deployment.owner, settings, tenant.namespace) as tx:
            keys = await store.signing_keys(tx)
        now = deployment.clock.now()
    return keys, {key.kid for key in keys if rotation.is_published(key, now)}


async def _rotate(settings: Settings, slug: str, *, compromised: bool) -> list[KeyRotation]:
    async with Deployment.open(settings) as deployment:
        tenant = await deployment.administration.find(slug)
        now = deployment.clock.now()
        async with registry_and_tenant(deployment.owner, settings, tenant.namespace) as (registry, tx):
            rotated = await rotation.rotate(tx, tenant.id, slug, deployment.sealer, now, compromised=compromised)
            detail = {"compromised": compromised, "current": [each.current for each in rotated]}
            await append_audit(registry, actor=actor(), action="keys.rotate", subject=slug, now=now, detail=detail)
        return rotated


def _published_after_use() -> str:
    hours = round(rotation.PUBLISHED_AFTER_USE.total_seconds() / 3600)
    return f"{hours} hours"
