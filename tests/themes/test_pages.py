"""Pages with one message."""

from typing import get_args
from zoneinfo import ZoneInfo

import pytest

from ops.demonstration.themes import AURORA
from themes.brand import brand
from themes.pages import MESSAGES, MessageKind, render, status_of
from themes.sites import ADMINISTRATION, CONSOLE, CONSUMER, Site
from themes.tokens import theme_to_json
from themes.views import RecipientLink

BRAND = brand("Aurora Energy", theme_to_json(AURORA), ZoneInfo("Australia/Sydney"))


def test_each_kind_of_page_has_a_message() -> None:
    assert set(MESSAGES) == set(get_args(MessageKind))


@pytest.mark.parametrize("kind", get_args(MessageKind))
def test_a_page_contains_its_message(kind: MessageKind) -> None:
    page, message = render(BRAND, CONSUMER, kind), MESSAGES[kind]
    assert 400 <= status_of(kind) < 600
    assert f"<h1>{message.heading}</h1>" in page
    assert all(text.format(recipient="the app or website that you came from") in page for text in message.texts)
    assert ('href="/dashboard"' in page) == message.links_to_start
    assert "please quote" not in page


def test_a_page_about_the_end_of_a_flow_names_the_recipient_and_escapes_its_name() -> None:
    recipient = RecipientLink("<Bright> & Bill", 'https://bright.test/?a="b"&c')
    page = render(BRAND, CONSUMER, "flow-sharing", recipient=recipient)
    assert "Go back to &lt;Bright&gt; &amp; Bill to continue." in page
    assert 'href="https://bright.test/?a=&#34;b&#34;&amp;c" rel="noreferrer" id="recipient"' in page
    assert 'id="recipient"' not in render(BRAND, CONSUMER, "not-found", recipient=recipient)


def test_a_page_contains_the_reference_for_support() -> None:
    assert 'id="reference">0b7c1f0e</span>' in render(BRAND, CONSUMER, "failed", reference="0b7c1f0e")


@pytest.mark.parametrize("site", [ADMINISTRATION, CONSOLE], ids=["admin", "console"])
@pytest.mark.parametrize("kind", ["bad-request", "not-found", "refused", "form-refused", "failed", "suspended"])
def test_a_message_for_staff_has_no_link_and_no_text_for_consumers(site: Site, kind: MessageKind) -> None:
    page = render(BRAND, site, kind)
    assert ('href="/"' in page) == (MESSAGES[kind].links_to_start and kind != "suspended")
    for consumer in ("/dashboard", "share", "Need help", "Consumer Data Right", AURORA.support_phone or "phone"):
        assert consumer not in page
    assert "These pages are for the staff of" in page
