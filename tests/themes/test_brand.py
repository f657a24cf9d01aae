"""A brand with its theme, or with a plain theme."""

import logging
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from ops.demonstration.themes import AURORA
from themes.brand import brand
from themes.tokens import theme_to_json


@pytest.mark.parametrize(("tokens", "events"), [({}, []), ({"light": "of an older release"}, ["theme.refused"])])
def test_a_brand_without_a_valid_theme_has_the_plain_theme(
    tokens: dict[str, Any], events: list[str], caplog: pytest.LogCaptureFixture
) -> None:
    """A missing theme is not logged, a refused one is. Brands are cached, so each case has a name of its own."""
    name = f"Kestrel Energy {len(tokens)}"
    with caplog.at_level(logging.WARNING, "themes.brand"):
        plain = brand(name, tokens, ZoneInfo("Australia/Perth"))
    assert (plain.name, plain.logo, plain.dark) == (name, None, False)
    assert "<circle" in plain.icon_svg
    assert (
        plain.stylesheet_path
        != brand("Aurora Energy", theme_to_json(AURORA), ZoneInfo("Australia/Sydney")).stylesheet_path
    )
    assert [record.getMessage() for record in caplog.records] == events


@pytest.mark.parametrize(
    ("tokens", "contacts"),
    [
        ({}, []),
        ({"support_phone": "1800 555 010"}, [("phone", "tel:1800555010", "1800 555 010")]),
        ({"support_email": "help@brand.test"}, [("email", "mailto:help@brand.test", "help@brand.test")]),
        (
            {"support_phone": "+61 2 5550 1234", "support_email": "help@brand.test"},
            [
                ("phone", "tel:+61255501234", "+61 2 5550 1234"),
                ("email", "mailto:help@brand.test", "help@brand.test"),
            ],
        ),
    ],
)
def test_the_contacts_of_a_brand_are_those_of_its_theme(
    tokens: dict[str, Any], contacts: list[tuple[str, str, str]]
) -> None:
    theme = {**theme_to_json(AURORA), "support_phone": None, "support_email": None, **tokens}
    made = brand("Aurora Energy", theme, ZoneInfo("Australia/Sydney"))
    assert [(contact.kind, contact.href, contact.text) for contact in made.support] == contacts
