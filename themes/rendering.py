"""Templates to pages. Everything is escaped, and a name that a template misspells is an error, not an empty space."""

from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined, pass_context
from jinja2.runtime import Context

from themes import wording
from themes.brand import Brand

_TEMPLATES = Path(__file__).parent / "templates"


def render(template: str, brand: Brand, **values: Any) -> str:
    """Return the page that `template` (a path below `themes/templates`, without its suffix) makes in a brand's look."""
    return environment().get_template(f"{template}.html.jinja").render(brand=brand, **values)


@cache
def environment() -> Environment:
    """The one environment that all pages are made in."""
    made = Environment(
        loader=FileSystemLoader(_TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
        cache_size=-1,
    )
    made.filters.update(day=_day, clock=_clock, moment=_moment, iso=_iso, unavailable_reason=_unavailable_reason)
    return made


@pass_context
def _day(context: Context, value: datetime) -> str:
    return wording.day(value, context["brand"].zone)


@pass_context
def _clock(context: Context, value: datetime) -> str:
    return wording.clock(value, context["brand"].zone)


@pass_context
def _moment(context: Context, value: datetime) -> str:
    return wording.moment(value, context["brand"].zone)


def _iso(value: datetime) -> str:
    return value.isoformat(timespec="seconds")


def _unavailable_reason(reason: str) -> str:
    return wording.UNAVAILABLE_REASONS[reason]
