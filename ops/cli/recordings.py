"""`haas recordings`: keeps the screens of each path of a release and a theme (CDR Rules 9.3(1)(g)).

A picture of a screen is named `<theme>-<device>-<number>-<screen>.png`. Before the number, `dark-` says that it is in
the dark colour scheme, and then `amend-` that it is of the path of an amendment. The browser tests take pictures in
the light scheme.
"""

import hashlib
import re
from collections import defaultdict
from collections.abc import Iterable
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Final, Literal

import click
import msgspec

from ops.files import PUBLIC, write_atomically
from themes.palettes import SchemeName

RecordedPath = Literal["authorise", "amend", "withdraw"]
MANIFEST: Final = "recording.json"
_FILE: Final = re.compile(
    r"(?P<theme>[a-z0-9-]+?)-(?P<device>desktop|phone)-(?P<dark>dark-)?(?P<amend>amend-)?(?P<number>\d{2})-"
    r"(?P<screen>[a-z-]+)\.png"
)
_NEEDED: Final[dict[RecordedPath, frozenset[str]]] = {
    "authorise": frozenset({"identify", "one-time-password", "accounts", "review"}),
    "amend": frozenset({"identify", "one-time-password", "accounts", "review"}),
    "withdraw": frozenset({"dashboard-stop-sharing", "dashboard-stopped"}),
}
"""The screens without which a path is not recorded."""


class RecordedStep(msgspec.Struct, frozen=True):
    """One screen of a path."""

    screen: str
    file: str
    sha256: str


class Recording(msgspec.Struct, frozen=True):
    """The screens of a path with one theme on one device, in the order in which a person sees them."""

    theme: str
    device: str
    path: RecordedPath
    steps: list[RecordedStep]
    scheme: SchemeName = "light"
    """The colour scheme. Manifests of earlier releases do not name it."""


class RecordedTheme(msgspec.Struct, frozen=True):
    """The version of a theme of one tenant that was recorded."""

    tenant: str
    number: int | None
    """Its number in the list of versions. None: the theme was in a file."""
    digest: str
    """The SHA-256 digest of the theme tokens as JSON with sorted keys, in hexadecimal."""


class RecordingManifest(msgspec.Struct, frozen=True):
    """What is recorded of a release."""

    release: str
    recorded_at: datetime
    recordings: list[Recording]
    recorded_theme: RecordedTheme | None = None
    """None: the recordings are those of the browser tests, with the themes of the demonstration brands."""


@click.group("recordings")
def command() -> None:
    """Keep the screens by which people authorise, amend and withdraw, for each release and theme."""


@command.command("keep")
@click.argument("screenshots", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.argument("output", type=click.Path(file_okay=False, path_type=Path))
@click.option("--release", default=lambda: version("holder-as-a-service"), show_default="the installed version")
def keep(screenshots: Path, output: Path, release: str) -> None:
    """Copy the screens of the browser tests from SCREENSHOTS to the new folder OUTPUT, with a manifest."""
    found = recordings(sorted(path for path in screenshots.iterdir() if path.is_file()))
    if not any(recording.path == "authorise" for recording in found):
        raise click.ClickException(f"{screenshots} has no complete path of an authorisation: run the browser tests")
    output.mkdir(parents=True, exist_ok=False)
    for recording in found:
        for step in recording.steps:
            write_atomically(output / step.file, (screenshots / step.file).read_bytes(), PUBLIC)
    manifest = RecordingManifest(release, datetime.now(UTC), found)
    write_atomically(output / MANIFEST, msgspec.json.format(msgspec.json.encode(manifest)), PUBLIC)
    for recording in found:
        shown = f"{recording.theme}, {recording.device}, {recording.scheme}, {recording.path}"
        click.echo(f"{shown}: {len(recording.steps)} screens")
    for theme in sorted({recording.theme for recording in found}):
        if not any(recording.theme == theme and recording.path == "amend" for recording in found):
            click.echo(f"Warning: no amendment is recorded with the theme {theme}", err=True)


@command.command("check")
@click.argument("folder", type=click.Path(exists=True, file_okay=False, path_type=Path))
def check(folder: Path) -> None:
    """Check that the screens in FOLDER are those that were recorded."""
    manifest = msgspec.json.decode((folder / MANIFEST).read_bytes(), type=RecordingManifest)
    wrong = [
        step.file
        for recording in manifest.recordings
        for step in recording.steps
        if not (folder / step.file).is_file() or _digest(folder / step.file) != step.sha256
    ]
    if wrong:
        raise click.ClickException(f"missing or changed: {', '.join(wrong)}")
    click.echo(f"Release {manifest.release}: {len(manifest.recordings)} recordings are complete and unchanged.")


def recordings(files: Iterable[Path]) -> list[Recording]:
    """Return the complete paths among the screens, ordered by theme, device, colour scheme (light first) and path."""
    steps: dict[tuple[str, str, bool, RecordedPath], list[RecordedStep]] = defaultdict(list)
    for file in sorted(files):
        match = _FILE.fullmatch(file.name)
        if match is None:
            continue
        screen, path = match["screen"], _path(match["screen"], amends=match["amend"] is not None)
        is_dark = match["dark"] is not None
        steps[match["theme"], match["device"], is_dark, path].append(RecordedStep(screen, file.name, _digest(file)))
    return [
        Recording(theme, device, path, found, "dark" if is_dark else "light")
        for (theme, device, is_dark, path), found in sorted(steps.items())
        if _NEEDED[path] <= {step.screen for step in found}
    ]


def _path(screen: str, *, amends: bool) -> RecordedPath:
    if amends:
        return "amend"
    return "withdraw" if screen.startswith("dashboard") or screen == "recipient-ended" else "authorise"


def _digest(file: Path) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest()
