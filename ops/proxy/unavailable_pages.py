"""The pages that nginx serves itself at public hosts, in the look of each brand.

For each public host, the folder has `<host>.html` for the time while no application answers, `<host>.429.html` for
people whose network has sent too many requests, and the style sheet of both, `<host>.css`. nginx reads them when it
needs them, so it need not be reloaded.
"""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Final

import msgspec

from ops.files import PUBLIC, write_atomically
from tenants.registry.models import Tenant
from themes import pages
from themes.brand import brand
from themes.logo import data_uri
from themes.sites import CONSUMER
from themes.stylesheet import stylesheet

STYLESHEET_PATH: Final = "/theme/unavailable.css"
"""Where nginx serves the style sheet of the pages, at every public host."""
_PAGES: Final[Mapping[str, pages.MessageKind]] = {".html": "down", ".429.html": "too-many-requests"}
"""The ends of the names of the pages, and their kinds."""
_PLACE: Final = "PLACE-OF-THE-REFERENCE"
_DIRECTIVE: Final = '<!--# echo var="reference" -->'
"""nginx replaces it by the reference of the request (`ssi`). The texts of a brand are escaped: none is a directive."""


def write_pages(folder: Path, tenants: Iterable[Tenant]) -> int:
    """Write the pages of these tenants, and delete those of others. Return the number of files that were written.

    Raises OSError.
    """
    wanted: dict[str, bytes] = {}
    for tenant in tenants:
        host, look = tenant.hosts.public, brand(tenant.name, tenant.theme, tenant.time_zone)
        # Files of the brand cannot be loaded while no application answers, so the page itself contains the logos.
        styles = stylesheet(msgspec.structs.replace(look.theme, font_regular=None, font_bold=None))
        dark = look.theme.logo_dark_svg
        alone = msgspec.structs.replace(
            look,
            stylesheet_path=STYLESHEET_PATH,
            logo_dark=None if dark is None else data_uri(dark),
            logo_print=None,
            touch_icon=None,
        )
        for end, kind in _PAGES.items():
            page = pages.render(alone, CONSUMER, kind, reference=_PLACE)
            wanted[f"{host}{end}"] = page.replace(_PLACE, _DIRECTIVE).encode()
        wanted[f"{host}.css"] = styles.encode()
    folder.mkdir(exist_ok=True)
    changed = {name: content for name, content in wanted.items() if _content(folder / name) != content}
    for name, content in changed.items():
        write_atomically(folder / name, content, PUBLIC)
    for suffix in ("html", "css"):
        for file in folder.glob(f"*.{suffix}"):
            if file.name not in wanted:
                file.unlink(missing_ok=True)
    return len(changed)


def _content(file: Path) -> bytes | None:
    return file.read_bytes() if file.exists() else None
