"""Rendering of templates. All values are escaped, and an undefined name in a template is an error."""

import re
from collections.abc import Mapping
from datetime import date, datetime
from functools import cache
from pathlib import Path
from typing import Any, Final

from jinja2 import Environment, FileSystemLoader, StrictUndefined, pass_context
from jinja2.runtime import Context
from markupsafe import Markup, escape

from themes import wording
from themes.brand import Brand
from themes.sites import CONSUMER, Site
from themes.tone import Place

_TEMPLATES = Path(__file__).parent / "templates"
_PLACES: Final[Mapping[str, Place]] = {
    "consent": "consent",
    "dashboard": "dashboard",
    "dashboard/withdraw": "withdrawal",
    "dashboard/joint_decision": "withdrawal",
    "dashboard/joint_option": "withdrawal",
    "dashboard/secondary_user_block": "withdrawal",
    "dashboard/secondary_user_withdraw": "withdrawal",
    "message": "ends",
}
"""The places of templates: of one template, or of all in a folder. Other templates show no texts of the brand."""


def render(template: str, brand: Brand, site: Site, **values: Any) -> str:
    """Return the page of `template`, a path below `themes/templates` without suffix, in the theme of a brand."""
    texts = brand.texts[place_of(template, site)]
    return environment().get_template(f"{template}.html.jinja").render(brand=brand, site=site, texts=texts, **values)


def place_of(template: str, site: Site) -> Place | None:
    """Return the place that decides which texts of the brand a template gets, or None if it gets none."""
    if site is not CONSUMER:
        return None
    return _PLACES.get(template) or _PLACES.get(template.partition("/")[0])


@cache
def environment() -> Environment:
    """Return the Jinja environment of all templates."""
    made = Environment(
        loader=FileSystemLoader(_TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
        cache_size=-1,
    )
    made.filters.update(
        breakable=_breakable,
        date=_date,
        time_of_day=_time_of_day,
        date_and_time=_date_and_time,
        day=wording.day,
        iso=_iso,
        iso_day=_iso_day,
        unavailable_reason=_unavailable_reason,
        stopped_reason=_stopped_reason,
    )
    made.tests["address"] = _is_address
    return made


@pass_context
def _date(context: Context, value: datetime) -> str:
    return wording.date(value, context["brand"].zone)


@pass_context
def _time_of_day(context: Context, value: datetime) -> str:
    return wording.time_of_day(value, context["brand"].zone)


@pass_context
def _date_and_time(context: Context, value: datetime) -> str:
    return wording.date_and_time(value, context["brand"].zone)


def _breakable(text: str) -> Markup:
    """Return a text that is broken after @ on a narrow screen, so that no word of an email address is broken."""
    return Markup("@<wbr>").join(escape(part) for part in text.split("@"))


def _is_address(line: str) -> bool:
    """Return whether a line of a message is an address and nothing else."""
    return re.fullmatch(r"https://\S+", line) is not None


def _iso(value: datetime) -> str:
    return value.isoformat(timespec="seconds")


@pass_context
def _iso_day(context: Context, value: date) -> str:
    """Return the ISO date of a day, or of a moment in the brand's time zone."""
    local = value.astimezone(context["brand"].zone).date() if isinstance(value, datetime) else value
    return local.isoformat()


def _unavailable_reason(reason: str) -> str:
    return wording.UNAVAILABLE_REASONS[reason]


def _stopped_reason(reason: str) -> str | None:
    """Return the text for an account whose sharing has stopped, or None if it is only not shared now."""
    return wording.STOPPED_REASONS.get(reason)
