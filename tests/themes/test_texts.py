"""The texts of a theme: what is accepted, and where each of them may stand."""

from html import unescape
from typing import Any, get_args
from zoneinfo import ZoneInfo

import msgspec
import pytest

from ops.demonstration.themes import AURORA, BANKSIA
from ops.preview.samples import SCREENS
from tenants.registry.models import THEME_FILES
from themes import pages
from themes.brand import Brand, brand
from themes.errors import ThemeError
from themes.mail import mail_html, mail_text
from themes.rendering import place_of, render
from themes.sites import ADMINISTRATION, CONSOLE, CONSUMER
from themes.texts import TEXT_PLACES, BrandTexts, is_abn, text_problems
from themes.tokens import ThemeTokens, check_theme, theme_from, theme_to_json
from themes.tone import LOCKED, SENTENCES, Place

ZONE = ZoneInfo("Australia/Sydney")
EVERY_TEXT = BrandTexts(
    identifier_hint="Hint of the brand.",
    identifier_format="Format of the brand.",
    legal_name="Legal Name Ltd",
    abn="89000000019",
    hours="hours of the brand",
    cdr_policy="https://brand.test/cdr",
    privacy_policy="https://brand.test/privacy",
    complaints="https://brand.test/complaints",
    accessibility="https://brand.test/accessibility",
    interpreter_phone="131 450",
    relay_phone="133 677",
    hardship_phone="1800 555 011",
    sender_name="Sender of the brand",
    tone={name: f"Sentence {number} in our tone." for number, name in enumerate(SENTENCES)},
)
SHOWN = {**msgspec.structs.asdict(EVERY_TEXT), "abn": "89 000 000 019", **EVERY_TEXT.tone}
del SHOWN["tone"], SHOWN["sender_name"]
CONTACTS = {"support_phone": "1800 555 010", "support_email": "help@brand.test"}


def made(texts: BrandTexts) -> Brand:
    theme = msgspec.structs.replace(AURORA, **CONTACTS, texts=texts)
    return brand("Aurora Energy", theme_to_json(theme), ZONE)


FULL, BARE = made(EVERY_TEXT), made(BrandTexts())


def pages_of_consumers(look: Brand) -> dict[str, tuple[Place | None, str]]:
    """Return each page that a consumer can see, with its place."""
    found: dict[str, tuple[Place | None, str]] = {
        name: (place_of(template, CONSUMER), render(template, look, CONSUMER, **values))
        for name, (template, values) in SCREENS.items()
        if template.startswith(("consent/", "dashboard/"))
    }
    kinds = get_args(pages.MessageKind)
    found |= {kind: (place_of("message", CONSUMER), pages.render(look, CONSUMER, kind)) for kind in kinds}
    for kind, text in {"mail": "Data is shared.\n", "code": "042137 is your code.\n\n@brand.test #042137\n"}.items():
        found |= {kind: ("mail", mail_html(look, "Subject", text)), f"plain {kind}": ("mail", mail_text(look, text))}
    return found


def test_each_page_that_stops_sharing_shows_the_texts_of_a_withdrawal_and_no_number_for_hardship() -> None:
    """CDR Rules 4.24(c), (d) (K-22): on such a page nothing may keep a person from stopping."""
    stopping = {
        template: (place_of(template, CONSUMER), render(template, FULL, CONSUMER, **values))
        for template, values in SCREENS.values()
        if template.startswith("dashboard/") and "button-stop" in render(template, FULL, CONSUMER, **values)
    }
    assert len(stopping) == 5
    for template, (place, page) in stopping.items():
        assert place == "withdrawal", template
        assert str(EVERY_TEXT.hardship_phone) not in page, template


PAGES, USUAL = pages_of_consumers(FULL), pages_of_consumers(BARE)


def places_of(name: str) -> frozenset[Place]:
    sentences: dict[str, Any] = dict(SENTENCES)
    return sentences[name].places if name in sentences else TEXT_PLACES[name]


@pytest.mark.parametrize("name", SHOWN)
def test_each_text_stands_at_its_places_and_at_no_other(name: str) -> None:
    """CDR Rules 4.24 (K-22). A text of no place would never be seen."""
    where = {place for place, page in PAGES.values() if SHOWN[name] in unescape(page).replace("\xa0", " ")}
    assert where == places_of(name)


def test_every_text_of_a_theme_names_its_places() -> None:
    texts = {field.name for field in msgspec.structs.fields(BrandTexts)} - {"tone"}
    of_theme = {"brand_name", "identifier_label", *CONTACTS}
    assert set(TEXT_PLACES) == texts | of_theme
    assert all(TEXT_PLACES.values())
    assert {field.name for field in msgspec.structs.fields(ThemeTokens) if "str" in str(field.type)} - of_theme == {
        "font_families", "logo_svg", "logo_dark_svg", "logo_print_svg", *THEME_FILES,
    }  # fmt: skip


def test_the_steps_of_a_consent_have_contacts_and_help_for_the_field_and_no_document() -> None:
    of_flow = {name for name in SHOWN if "consent" in places_of(name)}
    assert of_flow == {"identifier_hint", "identifier_format", "hours", "help_question"}


def test_sentences_of_the_brand_change_nothing_else() -> None:
    """The words of the standards stay: a page is the same when the sentences of the brand are put back."""
    only_tone = pages_of_consumers(made(BrandTexts(tone=EVERY_TEXT.tone)))
    for name, (place, page) in only_tone.items():
        if place != "mail":
            for sentence, found in SENTENCES.items():
                page = page.replace(EVERY_TEXT.tone[sentence], found.usual.replace("{brand}", "Aurora Energy"))  # noqa: PLW2901 - one sentence after the other
            assert page == USUAL[name][1], name


def test_pages_for_staff_get_no_text() -> None:
    for site in (ADMINISTRATION, CONSOLE):
        assert place_of("message", site) is None
        page = pages.render(FULL, site, "not-found")
        assert [name for name, text in SHOWN.items() if text in page] == []
    assert place_of("unknown/page", CONSUMER) is None
    assert FULL.texts["consent"].say("sharing_none") == SENTENCES["sharing_none"].usual
    assert FULL.texts[None].say("help_question") == "Need help?"


def test_messages_have_the_sender_of_the_theme_and_the_code_in_the_last_line() -> None:
    assert (FULL.sender_name, BARE.sender_name) == ("Sender of the brand", "Aurora Energy")
    plain = PAGES["plain code"][1]
    assert plain.splitlines()[-1] == "@brand.test #042137"
    end = "Sentence 7 in our tone.\nLegal Name Ltd, ABN 89 000 000 019\n"
    assert f"{end}Call 1800 555 010 or write to help@brand.test. We answer hours of the brand.\n" in plain
    assert "href" not in PAGES["mail"][1]


def saved(**texts: Any) -> list[str]:
    """Return what is wrong with texts that are saved."""
    try:
        check_theme("Kestrel", {**theme_to_json(BANKSIA), "texts": texts})
    except ThemeError as error:
        return error.problems
    return []


@pytest.mark.parametrize(
    ("texts", "named"),
    [
        ({"legal_name": "Two\nlines"}, "texts.legal_name: must be one line"),
        ({"legal_name": "x" * 121}, "texts.legal_name"),
        ({"hours": ""}, "texts.hours"),
        ({"hours": "Monday to Friday."}, "texts.hours: must not end with a full stop"),
        ({"identifier_hint": " spaces "}, "texts.identifier_hint"),
        ({"sender_name": "x" * 61}, "texts.sender_name: must be one line of 1 to 60"),
        ({"sender_name": "=?utf-8?q?x?="}, "texts.sender_name"),
        ({"abn": "89 000 000 018"}, "texts.abn: '89 000 000 018' is not an ABN"),
        ({"cdr_policy": "http://brand.test/policy"}, "texts.cdr_policy: must be an https address"),
        ({"cdr_policy": "javascript:alert(1)"}, "texts.cdr_policy"),
        ({"privacy_policy": "https://user:secret@brand.test/"}, "texts.privacy_policy"),
        ({"complaints": "https://brand.test/a b"}, "texts.complaints"),
        ({"accessibility": "https://localhost/"}, "texts.accessibility"),
        ({"accessibility": "https://brand.test:x/"}, "texts.accessibility"),
        ({"accessibility": "https://brand.test/" + "x" * 200}, "texts.accessibility"),
        ({"interpreter_phone": "000 1"}, "texts.interpreter_phone: '000 1' is not a telephone number"),
        ({"relay_phone": "1800 RELAY"}, "texts.relay_phone"),
        ({"hardship_phone": "1800 555"}, "texts.hardship_phone"),
        ({"tone": {"sharing_nothing": "None."}}, "there is no such sentence; the sentences are help_question"),
        ({"tone": {"busy": ""}}, "texts.tone.busy: must be one line"),
        ({"tone": {"busy": "x" * 161}}, "texts.tone.busy: must be one line"),
        ({"tone": {"busy": "See www.brand.test."}}, "must not contain an address"),
        ({"tone": {"busy": "Write to A@brand.test."}}, "must not contain an address"),
        ({"tone": {"busy": "{brand} {recipient}"}}, "no other braces"),
        ({"slogan": "We care."}, "slogan"),
    ],
)
def test_a_text_that_is_wrong_is_refused_with_its_name(texts: dict[str, Any], named: str) -> None:
    problems = saved(**texts)
    assert len(problems) == 1
    assert named in problems[0]


@pytest.mark.parametrize("name", LOCKED)
def test_the_words_of_the_standards_are_locked(name: str) -> None:
    assert saved(tone={name: "Our own words."}) == [
        f"texts.tone.{name}: no brand can change these words ({LOCKED[name]})"
    ]


@pytest.mark.parametrize("theme", [AURORA, BANKSIA], ids=["aurora", "banksia"])
def test_the_texts_of_the_demonstration_brands_can_be_saved_and_differ(theme: ThemeTokens) -> None:
    check_theme(theme.brand_name, theme_to_json(theme))
    other = BANKSIA if theme is AURORA else AURORA
    same = {
        name
        for name, text in msgspec.structs.asdict(theme.texts).items()
        if text is not None and text == getattr(other.texts, name)
    }
    assert same == {"relay_phone"}


def test_contacts_that_lead_to_nobody_are_refused_when_saved_and_shown_if_they_were_stored() -> None:
    tokens = {**theme_to_json(BANKSIA), "support_phone": "1800 BANKSIA", "support_email": "nobody"}
    with pytest.raises(ThemeError) as refused:
        check_theme("Banksia", tokens)
    assert [problem.partition(":")[0] for problem in refused.value.problems] == ["support_email", "support_phone"]
    assert theme_from(tokens).support_phone == "1800 BANKSIA"


@pytest.mark.parametrize(
    ("number", "valid"),
    [
        ("51 824 753 556", True),
        ("51824753556", True),
        ("51 824 753 557", False),
        ("15 824 753 556", False),
        ("5182475355", False),
        ("٥1824753556", False),
        ("", False),
    ],
)
def test_an_abn_has_check_digits(number: str, *, valid: bool) -> None:
    """Australian Business Register, Format of the ABN."""
    assert is_abn(number) == valid


def test_a_sentence_that_an_earlier_release_knew_does_not_hide_the_theme() -> None:
    assert list(text_problems(BrandTexts(tone={"gone": "A sentence of an earlier release."}))) == []
