"""Templates are rendered with all values escaped."""

import re
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
import pytest
from jinja2 import UndefinedError

from ops.demonstration.themes import AURORA
from ops.preview.samples import CODE, CONSUMER_NAMES, DASHBOARD, FLOW, SCREENS, Screens
from themes.brand import brand
from themes.lint import TEMPLATES
from themes.rendering import environment, render
from themes.sites import CONSUMER
from themes.tokens import theme_to_json

BRAND = brand("Aurora Energy", theme_to_json(AURORA), ZoneInfo("Australia/Sydney"))
FORMS = ("identify", "verify", "resend", "restart", "customer", "accounts", "authorise", "cancel")
"""The forms of the consent flow."""
MESSAGE: dict[str, Any] = {
    "heading": "Heading",
    "paragraphs": ["Text"],
    "link": None,
    "recipient": None,
    "names_contacts": False,
    "link_is_main": False,
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


_NUMBER_IN_ONE_LINE = re.compile(r'<(?:a href="tel:|span class="whole")[^>]*>1800 555 010<')


def test_large_text_splits_no_telephone_number_and_an_email_address_only_after_the_at_sign() -> None:
    screens, split = Screens(BRAND), {}
    for name in CONSUMER_NAMES:
        texts = re.findall(r">([^<]*)", _NUMBER_IN_ONE_LINE.sub("<", screens.html(name)))
        split[name] = [text for text in texts if "1800 555 010" in text or "help@aurora.test" in text]
    assert {name: texts for name, texts in split.items() if texts} == {}


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


@pytest.mark.parametrize(
    ("kind", "inputmode", "autocomplete"),
    [
        ("any", "text", "username"),
        ("email", "email", "email"),
        ("mobile", "tel", "tel"),
        ("number", "numeric", "username"),
    ],
)
def test_the_field_of_the_identifier_has_the_purpose_of_its_kind(kind: Any, inputmode: str, autocomplete: str) -> None:
    """WCAG 2.2, 1.3.5."""
    theme = theme_to_json(msgspec.structs.replace(AURORA, identifier_kind=kind))
    look = brand("Aurora Energy", theme, ZoneInfo("Australia/Sydney"))
    page = render("dashboard/sign_in", look, CONSUMER, typed='"><b>', **DASHBOARD)
    assert f'inputmode="{inputmode}" autocomplete="{autocomplete}"' in page
    assert 'value="&#34;&gt;&lt;b&gt;"' in page


@pytest.mark.parametrize("contacts", [True, False])
def test_a_person_without_contacts_is_told_how_to_give_one(*, contacts: bool) -> None:
    """K-3. Also if the brand states no telephone number and no address."""
    changes: dict[str, Any] = {} if contacts else {"support_phone": None, "support_email": None}
    look = brand(
        "Aurora Energy", theme_to_json(msgspec.structs.replace(AURORA, **changes)), ZoneInfo("Australia/Sydney")
    )
    values = {**FLOW, "step": 2, "steps": 4, **CODE}
    page = " ".join(render("consent/verify", look, CONSUMER, **values).split())
    assert ('Call <a href="tel:1800555010" class="whole">1800 555 010</a> or write to' in page) == contacts
    assert ("Contact Aurora Energy as you usually do" in page) != contacts


def test_the_steps_of_a_consent_link_to_each_other_and_to_the_contacts_of_the_brand_only() -> None:
    """CDR Rules 4.24 (K-22); CDS, Authentication, Friction and Password Link. Only the end leads to the recipient."""
    for template, values in SCREENS.values():
        if template.startswith("consent/"):
            page = render(template, BRAND, CONSUMER, **values)
            links = re.findall(r'<a\b[^>]*\bhref="([^"]*)"', page)
            assert [link for link in links if not link.startswith(("#", "/flow/", "tel:", "mailto:"))] == []
            assert set(re.findall(r'\baction="(/[^"]*)"', page)) <= {f"/flow/1/{step}" for step in FORMS}
            assert page.count("<form") == page.count('action="/flow/1/')
