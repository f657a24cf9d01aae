"""`haas record-theme`: keeps the screens of the consumer's processes with a published theme (CDR Rules 9.3(1)(g))."""

import asyncio
import hashlib
import importlib
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click
import msgspec

from haas.logs import configure
from haas.progress import ConsoleProgress
from ops.cli._tenant_parts import ThemeInFile, check_for_people, read_theme_with_files, theme_of
from ops.cli.recordings import RecordedTheme
from ops.deployment_settings import command_settings
from ops.journeys.recorded import INDEX, complete, recorded_brand
from ops.operator_access import OperatorAccess
from ops.smoke.foreground import folder_kept_on_failure, run
from tenants.provisioning.theme_versions import published
from tenants.registry.models import TenantSettings
from tenants.registry.names import checked_slug


@click.command("record-theme")
@click.argument("slug")
@click.option("--version", "number", type=int, help="A version of the tenant's theme.  [default: the published one]")
@click.option(
    "--file",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="A theme in a file, without a deployment, instead of the one of the tenant.",
)
@click.option("--name", default="Your brand", show_default=True, help="The name of the brand, with --file.")
@click.option(
    "--into",
    "folder",
    required=True,
    type=click.Path(exists=False, path_type=Path),
    help="The new folder for the screens. A recording is never replaced.",
)
def command(slug: str, *, number: int | None, file: Path | None, name: str, folder: Path) -> None:
    """Record how people authorise, amend and withdraw with the theme of the tenant SLUG.

    A stack of this machine shows the theme to made-up customers, on a phone and on a desktop. Nothing is changed in
    the deployment. It needs Playwright, Chromium, certutil and the embedded servers.
    """
    try:
        recording: Any = importlib.import_module("ops.journeys.recording")
    except ModuleNotFoundError as error:
        raise click.ClickException(f"{error.name} is not installed: only developers install it") from error
    if folder.exists():
        raise click.ClickException(f"{folder} exists already: a recording is never replaced")
    if file is not None:
        theme = read_theme_with_files(file)
        check_for_people(name, theme)
        (tokens, files), time_zone = theme.complete(), TenantSettings().time_zone
    else:
        tenant, tokens, files = asyncio.run(theme_of(command_settings(), slug, number))
        check_for_people(tenant.name, ThemeInFile(tokens, {}))
        name, time_zone = tenant.name, tenant.settings.time_zone
        number = number or asyncio.run(_published_number(slug))
    brand = recorded_brand(checked_slug(slug), name, time_zone, tokens, files)
    digest = hashlib.sha256(msgspec.json.encode(tokens, order="deterministic")).hexdigest()
    configure("WARNING")
    folder.mkdir(parents=True)
    with folder_kept_on_failure("haas-record-") as state:
        run(recording.record(brand, state / "state", folder, ConsoleProgress()))
    found = complete(name, folder, RecordedTheme(slug, number, digest), datetime.now(UTC))
    for each in found:
        click.echo(f"{each.device}, {each.path}: {len(each.steps)} screens")
    click.echo(f"Open {folder / INDEX}, and keep the folder; `haas recordings check {folder}` checks it.")


async def _published_number(slug: str) -> int | None:
    async with OperatorAccess.open(command_settings()) as access:
        version = published(await access.theme_versions(await access.find(slug)))
    return None if version is None else version.number
