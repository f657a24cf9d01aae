"""`haas theme`: check, save, publish and roll back themes, and see what their pages look like."""

import asyncio
from pathlib import Path

import click
import msgspec

from haas.settings import CommandSettings
from ops.cli import _theme_preview
from ops.cli._tenant_parts import check_for_people, read_theme_with_files, theme_of
from ops.deployment_settings import command_settings
from ops.operator import columns
from ops.operator_access import OperatorAccess
from tenants.provisioning.models import PublishTheme, SaveTheme
from tenants.provisioning.theme_versions import published, published_before
from tenants.registry.models import Tenant, ThemeVersion
from tenants.registry.names import checked_slug

_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.group("theme")
def command() -> None:
    """Manage the themes of tenants. Every theme that is saved stays as a version; one of them is published."""


command.add_command(_theme_preview.command)


@command.command("check")
@click.argument("file", type=_FILE)
def check(file: Path) -> None:
    """Check the theme in FILE. Nothing is saved, and no deployment is needed."""
    check_for_people("a brand", read_theme_with_files(file))
    click.echo(f"{file} can be saved as a theme.")


@command.command("save")
@click.argument("slug")
@click.argument("file", type=_FILE)
@click.option("--note", help="What is new in it, in one line.")
def save(slug: str, file: Path, note: str | None) -> None:
    """Save the theme in FILE as a draft of the tenant SLUG. Contacts that it does not state are those of the tenant."""
    settings, theme = command_settings(), read_theme_with_files(file)
    check_for_people("a brand", theme)
    tenant, done = asyncio.run(_ask(settings, slug, SaveTheme(theme=theme.tokens, files=theme.contents, note=note)))
    click.echo(f"{tenant.name}: {done}. Look at it with `haas theme preview`, then `haas theme publish {slug} NUMBER`.")


@command.command("list")
@click.argument("slug")
def list_(slug: str) -> None:
    """List the versions of the theme of the tenant SLUG, the newest first."""
    tenant, versions = asyncio.run(_versions(command_settings(), slug))
    if not versions:
        click.echo(f"{tenant.name} has no theme; `haas theme save {slug} FILE` saves one.")
        return
    shown = published(versions)
    rows = [
        (
            str(each.number),
            "published" if each == shown else "draft" if each.publication is None else "earlier",
            f"{each.made_at:%Y-%m-%d %H:%M}",
            each.made_by,
            "-" if each.published_at is None else f"{each.published_at:%Y-%m-%d %H:%M}",
            each.published_by or "-",
            each.note or "",
        )
        for each in versions
    ]
    for line in columns(("VERSION", "STATE", "SAVED (UTC)", "BY", "PUBLISHED (UTC)", "BY", "NOTE"), rows):
        click.echo(line)


@command.command("show")
@click.argument("slug")
@click.argument("number", type=int, required=False)
def show(slug: str, number: int | None) -> None:
    """Print the tokens of version NUMBER as JSON, to edit them in a file. Without NUMBER: of the published one."""
    theme = asyncio.run(theme_of(command_settings(), slug, number)).tokens
    click.echo(msgspec.json.format(msgspec.json.encode(theme)).decode())


@command.command("publish")
@click.argument("slug")
@click.argument("number", type=int)
def publish(slug: str, number: int) -> None:
    """Publish version NUMBER of the theme of the tenant SLUG. All pages change together, within two seconds."""
    tenant, done = asyncio.run(_ask(command_settings(), slug, PublishTheme(number)))
    click.echo(f"{tenant.name}: {done}.")


@command.command("roll-back")
@click.argument("slug")
@click.argument("number", type=int, required=False)
def roll_back(slug: str, number: int | None) -> None:
    """Publish version NUMBER again, which was published before. Without NUMBER: the one before the present one."""
    settings = command_settings()
    tenant, versions = asyncio.run(_versions(settings, slug))
    if number is None:
        before = published_before(versions)
        if before is None:
            raise click.ClickException(f"{tenant.name} has no earlier theme: no other version was ever published")
        number = before.number
    elif not any(each.number == number and each.publication for each in versions):
        raise click.ClickException(
            f"version {number} was never published; `haas theme list {slug}` lists the versions, and"
            f" `haas theme publish {slug} NUMBER` publishes a draft"
        )
    tenant, done = asyncio.run(_ask(settings, slug, PublishTheme(number)))
    click.echo(f"{tenant.name}: {done}.")


async def _ask(settings: CommandSettings, slug: str, change: SaveTheme | PublishTheme) -> tuple[Tenant, str]:
    async with OperatorAccess.open(settings) as access:
        tenant = await access.find(checked_slug(slug))
        return tenant, await access.ask("change", slug, change)


async def _versions(settings: CommandSettings, slug: str) -> tuple[Tenant, list[ThemeVersion]]:
    async with OperatorAccess.open(settings) as access:
        tenant = await access.find(slug)
        return tenant, await access.theme_versions(tenant)
