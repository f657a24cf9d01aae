"""The records of one consumer as an HTML page that can be printed."""

from datetime import date, datetime
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from tenants.records.models import RecordPack

_TEMPLATES: Final = Path(__file__).parent / "templates"


def record_page(pack: RecordPack) -> str:
    """Return the page. It needs no other file, and has no link and no script."""
    zone = ZoneInfo(pack.time_zone)

    def moment(value: datetime) -> str:
        local = value.astimezone(zone)
        return f"{local.day} {local:%B %Y, %H:%M}"

    environment = Environment(
        loader=FileSystemLoader(_TEMPLATES), autoescape=True, undefined=StrictUndefined, trim_blocks=True
    )
    environment.filters.update(moment=moment, day=_day)
    return environment.get_template("record_page.html").render(pack=pack)


def _day(value: date) -> str:
    return f"{value.day} {value:%B %Y}"
