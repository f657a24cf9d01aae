"""`haas theme preview`: every page of a theme as a file."""

import asyncio
import importlib
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import click

from haas.progress import ConsoleProgress
from ops.cli._tenant_parts import ThemeInFile, check_for_people, read_theme_with_files, theme_of
from ops.deployment_settings import command_settings
from ops.preview.files import PreviewPage, write_preview
from ops.preview.samples import Screens
from tenants.registry.models import TenantSettings
from themes.brand import brand

_HOST = "brand.example"


@click.command("preview")
@click.argument("slug", required=False)
@click.option("--version", "number", type=int, help="A version of the tenant's theme.  [default: the published one]")
@click.option(
    "--file",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="A theme in a file, without a deployment, instead of one of a tenant.",
)
@click.option("--name", default="Your brand", show_default=True, help="The name of the brand, with --file.")
@click.option(
    "--into",
    "folder",
    required=True,
    type=click.Path(file_okay=False, path_type=Path),
    help="A new or empty folder for the files.",
)
@click.option("--screenshots", is_flag=True, help="Also take a picture of each page. It needs Playwright and Chromium.")
def command(
    slug: str | None, *, number: int | None, file: Path | None, name: str, folder: Path, screenshots: bool
) -> None:
    """Write every page that a customer can see, in every state, with the theme of the tenant SLUG.

    Open index.html in the folder. Each page is there in each colour scheme, on a phone and on a desktop. The values on
    the pages are made up. Nothing is published.
    """
    if (slug is None) == (file is None):
        raise click.UsageError("name either a tenant or a file with --file")
    if file is not None:
        theme, zone, host = read_theme_with_files(file), ZoneInfo(TenantSettings().time_zone), _HOST
        check_for_people(name, theme)
        tokens, files = theme.complete()
    else:
        tenant, tokens, files = asyncio.run(theme_of(command_settings(), str(slug), number))
        check_for_people(tenant.name, ThemeInFile(tokens, {}))
        name, zone, host = tenant.name, tenant.time_zone, tenant.hosts.public
    pages = write_preview(Screens(brand(name, tokens, zone), host), folder, host, files)
    click.echo(f"{len(pages)} pages are in {folder}. Open {folder / 'index.html'}")
    if screenshots:
        click.echo(f"{_pictures(folder, pages)} pictures are beside the pages.")


def _pictures(folder: Path, pages: list[PreviewPage]) -> int:
    try:
        module: Any = importlib.import_module("ops.preview.screenshots")
    except ModuleNotFoundError as error:
        raise click.ClickException("Playwright is not installed: there are pages, no pictures") from error
    taken: int = module.take_pictures(folder, pages, ConsoleProgress())
    return taken
