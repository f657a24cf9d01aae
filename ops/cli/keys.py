"""`haas keys`: the signing keys of a tenant."""

import asyncio

import click

from haas.settings import CommandSettings
from ops.deployment_settings import command_settings
from ops.operator import columns
from ops.operator_access import OperatorAccess
from tenants.keys import rotation, store
from tenants.keys.store import KeyRow
from tenants.provisioning.models import RotateKeys
from tenants.registry.names import checked_slug


@click.group("keys")
def command() -> None:
    """Manage the signing keys of a tenant. Their states are next, current, retired and gone."""


@command.command("list")
@click.argument("slug")
def list_(slug: str) -> None:
    """List the signing keys of the tenant SLUG."""
    settings = command_settings()
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
    click.echo(asyncio.run(_rotate(command_settings(), slug, compromised=compromised)))


async def _keys(settings: CommandSettings, slug: str) -> tuple[list[KeyRow], set[str]]:
    async with OperatorAccess.open(settings) as access:
        tenant = await access.find(slug)
        async with access.database.transaction(tenant.namespace) as tx:
            keys = await store.signing_keys(tx)
        now = access.clock.now()
    return keys, {key.kid for key in keys if rotation.is_published(key, now)}


async def _rotate(settings: CommandSettings, slug: str, *, compromised: bool) -> str:
    async with OperatorAccess.open(settings) as access:
        return await access.ask("change", checked_slug(slug), RotateKeys(compromised=compromised))
