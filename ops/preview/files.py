"""Writes every page of a brand as a file: in both colour schemes, and with a frame for a phone and for a desktop."""

import re
from collections.abc import Iterator, Sequence
from html import escape
from pathlib import Path
from typing import Final, NamedTuple

from haas.errors import HaasError
from ops.preview.samples import CONSUMER_NAMES, Screens
from tenants.registry.models import ThemeFile
from themes.brand import Brand
from themes.mail import mail_html
from themes.palettes import SchemeName
from themes.stylesheet import stylesheet

MAIL: Final = "12-mail"
_MAIL_SUBJECT: Final = "Your one-time code from {brand}"
_MAIL_TEXT: Final = (
    "042137 is your one-time code from {brand}.\n\n"
    "It is to sign in to your data sharing page. It expires in 10 minutes and can be used for nothing else.\n\n"
    "Do not give it to anyone. Nobody needs your password to receive your data.\n\n"
    "@{host} #042137\n"
)
DEVICES: Final = {"phone": (390, 844), "desktop": (1280, 900)}
"""The sizes of windows, in CSS pixels."""
_COLOUR_SCHEME: Final = re.compile(r'<meta name="color-scheme" content="[a-z ]*">')
_DARK_ONLY: Final = 'media="screen and (prefers-color-scheme: dark)"'
_SHOWN: Final = {"light": "not all", "dark": "screen"}
_JOURNEYS: Final = {
    "1": "Who are you", "2": "The one-time code", "3": "Whose data, and which accounts", "4": "Review and authorise",
    "5": "Sign in to the dashboard", "6": "All arrangements", "7": "One arrangement", "8": "Stop sharing",
    "9": "Pages with one message", "12": "An email",
}  # fmt: skip
"""What the screens whose names begin with a number show."""


class FolderInUse(HaasError):
    """The folder for a preview has files already."""


class PreviewPage(NamedTuple):
    """One page in one colour scheme. `file` is its path in the folder of the preview."""

    name: str
    scheme: SchemeName
    file: str


def write_preview(screens: Screens, folder: Path, host: str, files: Sequence[ThemeFile] = ()) -> list[PreviewPage]:
    """Write all pages and an index of them into a folder, which is new or empty. `files` are those of the theme.

    Raise FolderInUse.
    """
    if folder.exists() and any(folder.iterdir()):
        raise FolderInUse(f"{folder} has files already: name a new or empty folder")
    folder.mkdir(parents=True, exist_ok=True)
    _write_files(screens.brand, folder / "theme", files)
    written = []
    for scheme in screens.brand.theme.schemes:
        (folder / scheme).mkdir()
        styles = stylesheet(screens.brand.theme, only=scheme).replace('url("/theme/', 'url("theme/')
        (folder / f"{scheme}.css").write_text(styles, encoding="utf-8")
        for name, page in _pages(screens, scheme, host):
            shown = PreviewPage(name, scheme, f"{scheme}/{name}.html")
            (folder / shown.file).write_text(page, encoding="utf-8")
            (folder / scheme / f"{name}.frames.html").write_text(_frames(shown), encoding="utf-8")
            written.append(shown)
    (folder / "index.html").write_text(_index(screens.brand.name, written), encoding="utf-8")
    return written


def _pages(screens: Screens, scheme: SchemeName, host: str) -> Iterator[tuple[str, str]]:
    brand = screens.brand
    for name in CONSUMER_NAMES:
        page = screens.html(name).replace(f'href="{brand.stylesheet_path}"', f'href="../{scheme}.css"')
        page = page.replace('="/theme/', '="../theme/').replace(_DARK_ONLY, f'media="{_SHOWN[scheme]}"')
        yield name, _COLOUR_SCHEME.sub(f'<meta name="color-scheme" content="{scheme}">', page)
    if scheme == "light":  # emails have no dark scheme
        values = {"brand": brand.name, "host": host}
        yield MAIL, mail_html(brand, _MAIL_SUBJECT.format(**values), _MAIL_TEXT.format(**values))


def _write_files(brand: Brand, folder: Path, files: Sequence[ThemeFile]) -> None:
    contents = {name: svg.encode() for name, svg in brand.drawings.items()}
    by_digest = {file.digest: file.content for file in files}
    contents |= {name: by_digest[digest] for name, digest in brand.files.items() if digest in by_digest}
    if contents:
        folder.mkdir()
    for name, content in contents.items():
        (folder / name).write_bytes(content)


def _document(title: str, body: str) -> str:
    return (
        '<!doctype html>\n<html lang="en-AU">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{escape(title)}</title>\n<style>\n"
        "body { font: 1rem/1.5 system-ui, sans-serif; margin: 1.5rem; color: #16202a; background: #fff; }\n"
        "a { color: #1f4e8c; display: inline-block; padding: 0.25rem 0.5rem 0.25rem 0; }\n"
        "td, th { text-align: left; padding: 0.25rem 1.5rem 0.25rem 0; }\n"
        ".frames { display: flex; gap: 1.5rem; align-items: flex-start; overflow: auto; }\n"
        "iframe { border: 1px solid #64717e; flex: none; background: #fff; }\n"
        f"</style>\n</head>\n<body>\n{body}\n</body>\n</html>\n"
    )


def _frames(page: PreviewPage) -> str:
    title = f"{page.name}, {page.scheme}"
    frames = "\n".join(
        f'<iframe src="{escape(page.name)}.html" title="{device}" width="{width}" height="{height}"></iframe>'
        for device, (width, height) in DEVICES.items()
    )
    return _document(
        title,
        f'<h1>{escape(title)}</h1>\n<p><a href="../index.html">All pages</a></p>\n<div class="frames">{frames}</div>',
    )


def _index(brand_name: str, written: list[PreviewPage]) -> str:
    present = dict.fromkeys(page.scheme for page in written)
    parts = [f"<h1>All pages of {escape(brand_name)}</h1>\n<p>Names, dates and amounts are made up.</p>"]
    for number, journey in _JOURNEYS.items():
        names = dict.fromkeys(page.name for page in written if page.name.partition("-")[0] == number)
        parts += [f"<h2>{escape(journey)}</h2>\n<table>", *(_row(name, list(present), written) for name in names)]
        parts.append("</table>")
    return _document(f"Preview of {brand_name}", "\n".join(parts))


def _row(name: str, present: list[SchemeName], written: list[PreviewPage]) -> str:
    cells = []
    for scheme in present:
        page = next((page for page in written if (page.name, page.scheme) == (name, scheme)), None)
        links = (
            ""
            if page is None
            else (
                f'<a href="{page.file}">{scheme}</a><a href="{scheme}/{escape(name)}.frames.html">phone and desktop</a>'
            )
        )
        cells.append(f"<td>{links}</td>")
    return f"<tr><th>{escape(name)}</th>{''.join(cells)}</tr>"
