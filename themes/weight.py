"""How much a brand adds to what a browser loads for its first page.

All of it together is at most 60 kB over the wire, compressed: the page, the style sheet, two fonts, and the logos. The
page and the style sheet need 15 kB at most, also with 200 accounts.
"""

import zlib
from collections.abc import Iterable, Iterator
from typing import Final

MAXIMUM_FONT: Final = 19_000
"""Bytes of one font. A theme has at most two, which are compressed already."""
MAXIMUM_LOGOS: Final = 7_000
"""Bytes of all logos of a theme, each compressed as nginx compresses it."""


def logo_problems(logos: Iterable[str]) -> Iterator[str]:
    """Yield the problem if the logos of a theme are together too large."""
    size = sum(len(zlib.compress(logo.encode())) for logo in logos)
    if size > MAXIMUM_LOGOS:
        yield f"logo_svg: all logos together have {size} bytes when compressed; {MAXIMUM_LOGOS} are allowed"
