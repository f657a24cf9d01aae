"""The style sheet of a brand."""

from ops.demonstration.themes import AURORA, BANKSIA
from themes.stylesheet import fingerprint, stylesheet


def test_a_style_sheet_contains_the_theme_tokens() -> None:
    assert "--primary: #1a5aa0;" in stylesheet(AURORA)
    assert 'font: "Segoe UI"' not in stylesheet(BANKSIA)


def test_the_style_sheet_has_a_dark_scheme_only_if_the_theme_has_one() -> None:
    assert "prefers-color-scheme: dark" in stylesheet(AURORA)
    assert "prefers-color-scheme" not in stylesheet(BANKSIA)


def test_the_fingerprint_changes_with_the_style_sheet() -> None:
    assert fingerprint(stylesheet(AURORA)) == fingerprint(stylesheet(AURORA))
    assert fingerprint(stylesheet(AURORA)) != fingerprint(stylesheet(BANKSIA))
