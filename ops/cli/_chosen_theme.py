"""Which theme a command shows: a version of a tenant's theme, or a theme in a file."""

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final, NamedTuple, TypeVar

import click

from ops.cli._tenant_parts import ThemeInFile, check_for_people, read_theme_with_files, theme_of
from ops.deployment_settings import command_settings
from tenants.registry.models import TenantSettings, ThemeFile

Decorated = TypeVar("Decorated", bound=Callable[..., Any])

_HOST: Final = "brand.example"
_OPTIONS: Final = (
    click.option(
        "--version", "number", type=int, help="A version of the tenant's theme.  [default: the published one]"
    ),
    click.option(
        "--file",
        type=click.Path(exists=True, dir_okay=False, path_type=Path),
        help="A theme in a file, without a deployment, instead of one of the tenant.",
    ),
    click.option("--name", default="Your brand", show_default=True, help="The name of the brand, with --file."),
)


class ChosenTheme(NamedTuple):
    """A theme that can be saved, and what its pages say of the brand."""

    name: str
    time_zone: str
    host: str
    tokens: dict[str, Any]
    files: list[ThemeFile]
    """Those that `tokens` name by digest."""
    number: int | None
    """The number of the version. None: the theme was in a file."""


def theme_options(command: Decorated) -> Decorated:
    """Add the options by which `chosen_theme` finds a theme: `number`, `file` and `name`."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return command


def chosen_theme(slug: str | None, number: int | None, file: Path | None, name: str) -> ChosenTheme:
    """Return the theme in a file, or that of a tenant. `slug` must be given unless there is a file.

    Raise click.UsageError, click.ClickException if the theme cannot be saved, UnknownTenant, UnknownThemeVersion.
    """
    if file is not None:
        if number is not None:
            raise click.UsageError("--version is of the tenant's theme: a theme in a file has no versions")
        theme = read_theme_with_files(file)
        check_for_people(name, theme)
        tokens, files = theme.complete()
        return ChosenTheme(name, TenantSettings().time_zone, _HOST, tokens, files, None)
    if slug is None:
        raise click.UsageError("name a tenant, or a file with --file")
    found = asyncio.run(theme_of(command_settings(), slug, number))
    tenant = found.tenant
    check_for_people(tenant.name, ThemeInFile(found.tokens, {}))
    return ChosenTheme(
        tenant.name, tenant.settings.time_zone, tenant.hosts.public, found.tokens, found.files, found.number
    )
