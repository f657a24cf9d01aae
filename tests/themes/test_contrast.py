"""Contrast of colours."""

import pytest

from themes.contrast import contrast, is_colour


@pytest.mark.parametrize(
    ("one", "other", "ratio"), [("#000000", "#ffffff", 21.0), ("#777777", "#ffffff", 4.48), ("#ff0000", "#ff0000", 1)]
)
def test_the_contrast_ratio_agrees_with_wcag(one: str, other: str, ratio: float) -> None:
    assert contrast(one, other) == pytest.approx(ratio, abs=0.01)
    assert contrast(other, one) == contrast(one, other)


def test_only_a_colour_with_six_digits_is_valid() -> None:
    assert all(is_colour(text) for text in ("#000000", "#1a5aA0"))
    assert not any(is_colour(text) for text in ("", "#fff", "#1a5aa0 ", "1a5aa0", "#1a5aag", "#1a5aa0ff", "red"))
