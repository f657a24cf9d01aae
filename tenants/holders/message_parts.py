"""Parts that several messages about sharing have: days, the dashboard, and lines with facts."""

from collections.abc import Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from haas.language import comma_list, day_text, gettext, ngettext
from tenants.registry.models import Tenant


def day_of(at: datetime, time_zone: str) -> str:
    """Return for example "3 March 2026", the day of a moment in the time zone of the brand."""
    return day_text(at.astimezone(ZoneInfo(time_zone)))


def dashboard_of(tenant: Tenant) -> str:
    """Return the address of the dashboard, on which holders see what is shared and decide (K-12)."""
    return f"{tenant.issuer}/dashboard"


def other_way(brand: str) -> str:
    """Return what a person can do who cannot use the page that the message names."""
    return gettext("If you cannot use this page, contact {brand}.", brand=brand)


def accounts_line(names: Sequence[str]) -> str:
    """Return the line of a message that names accounts."""
    return ngettext("Account: {names}", "Accounts: {names}", len(names), names=comma_list(names))


def removed_line(names: Sequence[str]) -> str:
    """Return the line of a message that names accounts which an amendment has removed."""
    return ngettext(
        "No longer shared: Account: {names}", "No longer shared: Accounts: {names}", len(names), names=comma_list(names)
    )


def shared_line(until: str | None) -> str:
    """Return the line of a message that says for how long data is shared; None: once."""
    return gettext("Shared: once") if until is None else gettext("Shared: until {day}", day=until)


def message_text(*paragraphs: str) -> str:
    """Return the text of a message with these paragraphs."""
    return "\n\n".join(paragraphs) + "\n"
