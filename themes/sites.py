"""What the pages of one surface have in common besides the brand: their layout, and texts for their visitors."""

from typing import Final

import msgspec

from haas.language import gettext_noop


class Link(msgspec.Struct, frozen=True):
    """A link to the next page for the person."""

    id: str
    href: str
    text: str


class Site(msgspec.Struct, frozen=True, kw_only=True):
    """The pages of one surface."""

    layout: str
    """The template that the pages extend."""
    start: Link
    """Where a person can continue after an error."""
    area: str | None = None
    """What the banner says beside the brand's name."""
    audience: str = ""
    """Whom the pages are for, in the footer of the staff's pages. `{brand}` is the name of the brand."""


CONSUMER: Final = Site(
    layout="consumer.html.jinja", start=Link("dashboard", "/dashboard", gettext_noop("See and stop data sharing"))
)
"""The public host of a brand: the consent flow and the dashboard."""

_STAFF_START: Final = Link("start", "/", "Go to the start page")
ADMINISTRATION: Final = Site(
    layout="staff.html.jinja", start=_STAFF_START, area="Administration", audience="the staff of {brand}"
)
"""The admin host of a brand, for the retailer's staff."""
CONSOLE: Final = Site(layout="staff.html.jinja", start=_STAFF_START, audience="the staff of the provider")
"""The console, for the provider's staff."""
