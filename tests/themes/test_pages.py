"""Pages with one message."""

from typing import get_args
from zoneinfo import ZoneInfo

import pytest

from ops.demonstration.themes import AURORA
from themes.brand import brand
from themes.pages import MESSAGES, MessageKind, render, status_of
from themes.tokens import theme_to_json

BRAND = brand("Aurora Energy", theme_to_json(AURORA), ZoneInfo("Australia/Sydney"))


def test_each_kind_of_page_has_a_message() -> None:
    assert set(MESSAGES) == set(get_args(MessageKind))


@pytest.mark.parametrize("kind", get_args(MessageKind))
def test_a_page_contains_its_message(kind: MessageKind) -> None:
    page, message = render(BRAND, kind), MESSAGES[kind]
    assert 400 <= status_of(kind) < 600
    assert f"<h1>{message.heading}</h1>" in page
    assert all(text in page for text in message.texts)
    assert ('href="/dashboard"' in page) == (message.link is not None)
    assert "please quote" not in page


def test_a_page_contains_the_reference_for_support() -> None:
    assert '<span id="reference">0b7c1f0e</span>' in render(BRAND, "failed", reference="0b7c1f0e")
