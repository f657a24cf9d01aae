"""`haas record-theme`: keeps the screens of the consumer's processes with a published theme (CDR Rules 9.3(1)(g))."""

import hashlib
import importlib
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click
import msgspec

from haas.logs import configure
from haas.progress import ConsoleProgress
from ops.cli._chosen_theme import chosen_theme, theme_options
from ops.cli.recordings import RecordedTheme
from ops.journeys.recorded import INDEX, complete, recorded_brand
from ops.smoke.foreground import folder_kept_on_failure, run
from tenants.registry.names import checked_slug


@click.command("record-theme")
@click.argument("slug")
@theme_options
@click.option(
    "--into",
    "folder",
    required=True,
    type=click.Path(exists=False, path_type=Path),
    help="The new folder for the screens. A recording is never replaced.",
)
def command(slug: str, *, number: int | None, file: Path | None, name: str, folder: Path) -> None:
    """Record how people authorise, amend and withdraw with the theme of the tenant SLUG.

    A stack of this machine shows the theme to made-up customers, on a phone and on a desktop, and in each colour scheme
    that the theme has. Nothing is changed in the deployment. It needs Playwright, Chromium, certutil and the embedded
    servers.
    """
    try:
        recording: Any = importlib.import_module("ops.journeys.recording")
    except ModuleNotFoundError as error:
        raise click.ClickException(f"{error.name} is not installed: only developers install it") from error
    if folder.exists():
        raise click.ClickException(f"{folder} exists already: a recording is never replaced")
    chosen = chosen_theme(slug, number, file, name)
    brand = recorded_brand(checked_slug(slug), chosen.name, chosen.time_zone, chosen.tokens, chosen.files)
    digest = hashlib.sha256(msgspec.json.encode(chosen.tokens, order="deterministic")).hexdigest()
    configure("WARNING")
    folder.mkdir(parents=True)
    with folder_kept_on_failure("haas-record-") as state:
        run(recording.record(brand, state / "state", folder, ConsoleProgress()))
    recorded = RecordedTheme(slug, chosen.number, digest)
    for each in complete(chosen.name, folder, brand.theme.schemes, recorded, datetime.now(UTC)):
        click.echo(f"{each.device}, {each.scheme}, {each.path}: {len(each.steps)} screens")
    click.echo(f"Open {folder / INDEX}, and keep the folder; `haas recordings check {folder}` checks it.")
