"""Themes are checked when they are set, and each problem is named."""

from typing import Any

import pytest

from ops.demonstration.themes import AURORA, BANKSIA
from themes.errors import ThemeError
from themes.tokens import theme_from, theme_to_json


def changed(**changes: Any) -> dict[str, Any]:
    return {**theme_to_json(AURORA), **changes}


def palette(**changes: str) -> dict[str, Any]:
    light: Any = theme_to_json(AURORA)["light"]
    return {**light, **changes}


@pytest.mark.parametrize("theme", [AURORA, BANKSIA])
def test_the_demonstration_themes_are_valid_and_the_same_after_conversion_to_json(theme: Any) -> None:
    assert theme_from(theme_to_json(theme_from(theme_to_json(theme)))) == theme_from(theme_to_json(theme))


@pytest.mark.parametrize(
    ("tokens", "named"),
    [
        (
            {"light": palette(primary="#9fc9ff")},
            "light: the text on the primary button: #ffffff on #9fc9ff has 1.7:1",
        ),
        ({"light": palette(on_banner="#10213d")}, "light: the text on the banner"),
        ({"light": palette(canvas="#808080")}, "light: the text on the page"),
        ({"light": palette(primary="red")}, "light.primary: must be a colour"),
        ({"dark": {**palette(), "primary": "#1a5aa0"}}, "dark: links on a card"),
        ({"light": {}}, "light"),
        ({"font_families": ["Comic"]}, "generic"),
        ({"font_families": ['x"; } body { color: red', "serif"]}, "not the name of a font family"),
        ({"corner_radius": 99}, "corner_radius"),
        ({"brand_name": "two\nlines"}, "brand_name"),
        ({"brand_name": ""}, "brand_name"),
        ({"logo_svg": "<svg/>"}, "logo_svg"),
        ({"button_shape": "round"}, "button_shape: must be one of square, rounded, pill"),
        ({"light": palette(danger="#ff8a80")}, "light: an error on a card: #ff8a80 on #ffffff has 2.2:1"),
        ({"dark": {**palette(), "success": "green"}}, "dark.success: must be a colour"),
        ({"surprise": 1}, "surprise"),
    ],
)
def test_the_error_for_an_invalid_theme_names_the_problem(tokens: dict[str, Any], named: str) -> None:
    with pytest.raises(ThemeError) as refused:
        theme_from(changed(**tokens))
    assert any(named in problem for problem in refused.value.problems), refused.value.problems


def test_the_error_for_an_invalid_theme_lists_all_problems() -> None:
    with pytest.raises(ThemeError) as refused:
        theme_from(changed(corner_radius=-1, brand_name="", logo_svg="nothing"))
    assert len(refused.value.problems) == 3
