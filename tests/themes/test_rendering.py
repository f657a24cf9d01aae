"""Templates are rendered with all values escaped."""

from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from jinja2 import UndefinedError

from ops.demonstration.themes import AURORA
from themes.brand import brand
from themes.lint import TEMPLATES
from themes.rendering import environment, render
from themes.sites import CONSUMER
from themes.tokens import theme_to_json

BRAND = brand("Aurora Energy", theme_to_json(AURORA), ZoneInfo("Australia/Sydney"))
MESSAGE: dict[str, Any] = {
    "heading": "Heading",
    "texts": ["Text"],
    "link": None,
    "recipient": None,
    "names_contacts": False,
    "reference": None,
}


def test_every_template_compiles() -> None:
    templates = [str(file.relative_to(TEMPLATES)) for file in TEMPLATES.rglob("*.jinja")]
    assert len(templates) > 10
    for template in templates:
        environment().get_template(template)


def test_values_are_escaped() -> None:
    page = render("message", BRAND, CONSUMER, **{**MESSAGE, "heading": "<script>alert(1)</script>"})
    assert "<script>" not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page


def test_a_missing_value_raises_an_error() -> None:
    del (values := {**MESSAGE})["heading"]
    with pytest.raises(UndefinedError, match="heading"):
        render("message", BRAND, CONSUMER, **values)


@pytest.mark.parametrize(
    ("filter_name", "text"),
    [
        ("date", "24 November 2026"),
        ("time_of_day", "3:05 pm AEDT"),
        ("date_and_time", "24 November 2026, 3:05 pm AEDT"),
        ("iso", "2026-11-24T04:05:00+00:00"),
    ],
)
def test_times_are_shown_in_the_time_zone_of_the_brand(filter_name: str, text: str) -> None:
    template = environment().from_string(f"{{{{ value | {filter_name} }}}}")
    assert template.render(brand=BRAND, value=datetime(2026, 11, 24, 4, 5, tzinfo=UTC)) == text
