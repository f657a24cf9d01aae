"""The style sheet of a brand."""

import re

import msgspec
import pytest

from ops.demonstration.themes import AURORA, BANKSIA
from themes.stylesheet import fingerprint, stylesheet
from themes.tokens import CHOICES


def test_a_style_sheet_contains_the_theme_tokens() -> None:
    assert "--primary: #1a5aa0;" in stylesheet(AURORA)
    assert 'font: "Segoe UI"' not in stylesheet(BANKSIA)


def test_the_style_sheet_has_a_dark_scheme_only_if_the_theme_has_one() -> None:
    assert "prefers-color-scheme: dark" in stylesheet(AURORA)
    without = msgspec.structs.replace(BANKSIA, dark=None, logo_dark_svg=None)
    assert "prefers-color-scheme" not in stylesheet(without)


def test_the_fingerprint_changes_with_the_style_sheet() -> None:
    assert fingerprint(stylesheet(AURORA)) == fingerprint(stylesheet(AURORA))
    assert fingerprint(stylesheet(AURORA)) != fingerprint(stylesheet(BANKSIA))


@pytest.mark.parametrize("token", CHOICES)
def test_each_value_of_a_token_gives_another_style_sheet(token: str) -> None:
    sheets = {stylesheet(msgspec.structs.replace(AURORA, **{token: value})) for value in CHOICES[token]}
    assert len(sheets) == len(CHOICES[token])


def test_the_style_sheet_sets_the_custom_properties_that_it_uses_and_no_others() -> None:
    sheet = stylesheet(msgspec.structs.replace(AURORA, input_style="filled"))
    root = sheet.partition("\n")[0]
    assert set(re.findall(r"--([\w-]+):", root)) == set(re.findall(r"var\(--([\w-]+)", sheet))


def test_a_brand_has_its_own_colours_of_states_and_text_that_is_readable_on_them() -> None:
    own = msgspec.structs.replace(AURORA.light, success="#005c2e", warning="#6b4e00", danger="#ff6f61")
    sheet = stylesheet(msgspec.structs.replace(AURORA, light=own, dark=None))
    assert "--good: #005c2e; --warning: #6b4e00; --bad: #ff6f61; --on-bad: #000000;" in sheet
    assert "--hover: rgb(0 0 0 / 12%); --hover-bad: rgb(255 255 255 / 24%);" in sheet, "below the pointer too"


_PHYSICAL = re.compile(
    r"""(?<![\w-])(?:
        (?:(?:margin|padding|border|scroll-margin|scroll-padding)-)?(?:left|right|top|bottom)(?:-[a-z]+)?\s*: |
        border-(?:top|bottom)-(?:left|right)-radius\s*: |
        (?:text-align|float|clear|background-position|transform-origin)\s*:[^;}]*\b(?:left|right)\b |
        translateX\(
    )""",
    re.VERBOSE,
)
_FOUR_VALUES = re.compile(
    r"(?<![\w-])(?P<name>margin|padding|inset|border-width|border-radius)\s*:\s*"
    r"(?P<values>(?:[^\s;}()]+(?:\([^()]*(?:\([^()]*\)[^()]*)*\))?\s+){3}[^;}]+)"
)
"""A shorthand of four sides, or of four corners."""


def _physical(sheet: str) -> list[str]:
    """Return what would not change its side in a language that is written from right to left."""
    found = [each.group() for each in _PHYSICAL.finditer(sheet)]
    for each in _FOUR_VALUES.finditer(sheet):
        one, two, three, four = re.findall(r"[^\s()]+(?:\([^()]*(?:\([^()]*\)[^()]*)*\))?", each["values"])
        is_even = (one, three) == (two, four) if each["name"] == "border-radius" else two == four
        found += [] if is_even else [each.group()]
    return found


@pytest.mark.parametrize("style", CHOICES["input_style"])
def test_the_style_sheet_names_the_start_and_the_end_of_a_line_and_not_left_or_right(style: str) -> None:
    sheet = stylesheet(msgspec.structs.replace(AURORA, input_style=style))
    assert _physical(re.sub(r"/\*.*?\*/", "", sheet, flags=re.DOTALL)) == []


@pytest.mark.parametrize(
    "rule",
    [
        "margin-left: 1px", "padding-right:0", "border-left-width: 1px", "left: 0", "top: 0", "text-align: left",
        "float: right", "border-top-left-radius: 1px", "padding: 0 1px 0 2px", "border-radius: 1px 0 0 1px",
        "margin: 0 min(1px, 5vw) 0 0", "transform: translateX(1px)",
    ],
)  # fmt: skip
def test_a_rule_for_the_left_or_the_right_side_is_found(rule: str) -> None:
    assert _physical(f".a {{ {rule}; }}")
    for logical in (
        "margin-inline-start: 1px",
        "padding: 0 1px 0 1px",
        "text-align: start",
        "border-radius: 1px 1px 0 0",
    ):
        assert _physical(f".a {{ {logical}; }}") == []
