"""`haas theme preview`: every page of a theme as a file."""

import importlib
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import click

from haas.progress import ConsoleProgress
from ops.cli._chosen_theme import chosen_theme, theme_options
from ops.preview.files import PreviewPage, write_preview
from ops.preview.samples import Screens
from themes.brand import brand


@click.command("preview")
@click.argument("slug", required=False)
@theme_options
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
    if slug is not None and file is not None:
        raise click.UsageError("name either a tenant or a file with --file")
    chosen = chosen_theme(slug, number, file, name)
    look = brand(chosen.name, chosen.tokens, ZoneInfo(chosen.time_zone))
    pages = write_preview(Screens(look, chosen.host), folder, chosen.host, chosen.files)
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
