"""The sharing durations that a person can choose on the recipient's page, and the scopes that are always requested."""

from typing import Final, NamedTuple

ALWAYS_REQUESTED: Final = "openid profile"
DAY: Final = 86_400


class Duration(NamedTuple):
    """A sharing duration in seconds, and its name on the page. 0 requests a single collection."""

    seconds: int
    name: str


DURATIONS: Final = (
    Duration(0, "Just once"),
    Duration(90 * DAY, "3 months"),
    Duration(180 * DAY, "6 months"),
    Duration(365 * DAY, "12 months"),
)


def seconds_of(chosen: str | None) -> int | None:
    """Return the sharing duration that a form has, or None if the page offers no such duration."""
    return next((duration.seconds for duration in DURATIONS if str(duration.seconds) == chosen), None)
