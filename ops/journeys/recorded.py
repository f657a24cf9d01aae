"""Which brand shows a theme that is recorded, and what is written beside the screens (CDR Rules 9.3(1)(g))."""

from collections.abc import Collection, Mapping
from datetime import datetime
from html import escape
from importlib.metadata import version
from itertools import product
from pathlib import Path
from typing import Any, Final

import msgspec

from haas.errors import HaasError
from ops.cli.recordings import MANIFEST, RecordedTheme, Recording, RecordingManifest, recordings
from ops.demonstration.brands import DemonstrationBrand
from ops.files import PUBLIC, write_atomically
from ops.journeys.devices import DEVICES
from tenants.registry.models import THEME_FILES, TenantSettings, ThemeFile
from themes.palettes import SchemeName
from themes.tokens import theme_from

INDEX: Final = "index.html"
_REGISTER_BRAND_ID: Final = "7f0c2a64-93de-4c1b-8d55-1f8a0c6b9e10"
_PATHS: Final = {"authorise": "Authorising", "amend": "Amending", "withdraw": "Withdrawing"}


class Incomplete(HaasError):
    """Screens of a path are missing."""


def recorded_brand(
    slug: str, name: str, time_zone: str, tokens: Mapping[str, Any], files: list[ThemeFile]
) -> DemonstrationBrand:
    """Return a brand with made-up customers that has a theme. `files` are those that `tokens` name by digest."""
    contents = {file.digest: file.content for file in files}
    named = {token: contents[tokens[token]] for token in THEME_FILES if tokens.get(token) in contents}
    return DemonstrationBrand(
        slug=slug,
        retailer=name,
        register_brand_id=_REGISTER_BRAND_ID,
        theme=theme_from({"brand_name": name, **{token: tokens[token] for token in tokens if token not in named}}),
        files=named,
        settings=TenantSettings(time_zone=time_zone),
        holder=0,
    )


def complete(
    name: str, folder: Path, schemes: Collection[SchemeName], theme: RecordedTheme, now: datetime
) -> list[Recording]:
    """Write the manifest and the index of the screens in `folder`.

    `name` is that of the brand, and `schemes` are the colour schemes that the theme has. Raise Incomplete.
    """
    found = recordings(sorted(folder.glob("*.png")))
    expected = set(product(DEVICES, schemes, _PATHS))
    if {(each.device, each.scheme, each.path) for each in found} != expected:
        raise Incomplete(f"only {len(found)} of {len(expected)} paths are complete in {folder}")
    manifest = RecordingManifest(version("holder-as-a-service"), now, found, theme)
    write_atomically(folder / MANIFEST, msgspec.json.format(msgspec.json.encode(manifest)), PUBLIC)
    write_atomically(folder / INDEX, _index(name, manifest).encode(), PUBLIC)
    return found


def _index(name: str, manifest: RecordingManifest) -> str:
    theme = manifest.recorded_theme
    said = [f"Recorded on {manifest.recorded_at:%d %B %Y at %H:%M} UTC with release {manifest.release}."]
    if theme is not None:
        said.append(f"Theme of {theme.tenant}, version {theme.number or 'in a file'}, digest {theme.digest}.")
    parts = [f"<h1>How people share data with {escape(name)}</h1>", *(f"<p>{escape(line)}</p>" for line in said)]
    for each in manifest.recordings:
        parts.append(f"<h2>{_PATHS[each.path]}, {each.device}, {each.scheme} colours</h2>\n<ol>")
        parts += [f'<li><a href="{escape(step.file)}">{escape(step.screen)}</a></li>' for step in each.steps]
        parts.append("</ol>")
    body = "\n".join(parts)
    return (
        '<!doctype html>\n<html lang="en-AU">\n<head>\n<meta charset="utf-8">\n'
        f"<title>Recording of {escape(name)}</title>\n</head>\n<body>\n{body}\n</body>\n</html>\n"
    )
