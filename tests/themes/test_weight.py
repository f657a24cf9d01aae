"""The limits on what a brand adds to its pages."""

import random

import pytest

from ops.demonstration.themes import AURORA
from themes.errors import ThemeError
from themes.tokens import check_theme, theme_to_json
from themes.weight import MAXIMUM_LOGOS, logo_problems


def drawing(points: int) -> str:
    values = random.Random(points)  # noqa: S311 - not for security
    path = "".join(f"L{values.randrange(1_000)} {values.randrange(1_000)}" for _ in range(points))
    return f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 1000 1000"><path d="M0 0{path}"/></svg>'


def test_logos_that_are_together_too_large_are_not_saved() -> None:
    one, two = drawing(1_500), drawing(1_501)
    assert list(logo_problems([one])) == []
    tokens = {**theme_to_json(AURORA), "logo_svg": one}
    check_theme("Aurora", {**tokens, "logo_print_svg": None})
    with pytest.raises(ThemeError, match=rf"when compressed; {MAXIMUM_LOGOS} are allowed"):
        check_theme("Aurora", {**tokens, "logo_print_svg": two})
