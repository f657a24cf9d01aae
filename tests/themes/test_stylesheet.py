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
    assert "prefers-color-scheme" not in stylesheet(BANKSIA)


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
