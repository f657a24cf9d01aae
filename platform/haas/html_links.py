"""The links of an HTML page that somebody else has made.

The parser of the standard library takes quadratic time for some pages: for 16 kB of `<a `, several seconds. So it runs
in a process of its own, which is ended after a time limit, and which gets neither our settings nor our environment.
"""

import asyncio
import sys
from asyncio.subprocess import DEVNULL, PIPE
from pathlib import Path
from typing import Final
from urllib.parse import urljoin

import msgspec

from haas.errors import Unavailable

SECONDS_TO_READ: Final = 5.0
_PROGRAM: Final = Path(__file__).with_name("html_links_program.py")


class HtmlUnreadable(Unavailable):
    """A page could not be parsed within the time limit."""


class _Found(msgspec.Struct, frozen=True):
    base: str | None
    links: list[str]


async def html_links(page: bytes, url: str) -> list[str]:
    """Return the addresses to which the `a` elements of a page lead, resolved as a browser does. Raise HtmlUnreadable.

    `url` is the address of the page. Comments, scripts and templates contain no links. At most 5,000 are returned, and
    none that is longer than 2,000 characters or cannot be resolved.
    """
    reading = await asyncio.create_subprocess_exec(
        sys.executable, "-I", str(_PROGRAM), stdin=PIPE, stdout=PIPE, stderr=DEVNULL, env={}
    )
    try:
        async with asyncio.timeout(SECONDS_TO_READ):
            output, _ = await reading.communicate(page)
        found = msgspec.json.decode(output, type=_Found)
    except TimeoutError:
        raise HtmlUnreadable(f"the page could not be parsed within {SECONDS_TO_READ:.0f} seconds") from None
    except msgspec.DecodeError as error:
        raise HtmlUnreadable("the page could not be parsed") from error
    finally:
        if reading.returncode is None:
            reading.kill()
            await reading.wait()
    base = resolved(url, found.base or "") or url
    return [link for link in (resolved(base, each) for each in found.links) if link is not None]


def resolved(base: str, reference: str) -> str | None:
    """Return the address to which a reference leads (RFC 3986 5), or None if it is no address."""
    try:
        return urljoin(base, reference.strip())
    except ValueError:
        return None
