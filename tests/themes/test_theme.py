"""Themes are checked when they are given: readable, sanitized, and each problem named."""

from typing import Any
from zoneinfo import ZoneInfo

import pytest

from ops.demonstration.themes import AURORA, BANKSIA
from themes.brand import brand
from themes.colour import contrast
from themes.logo import LogoError, data_uri, sanitized
from themes.stylesheet import stylesheet
from themes.tokens import ThemeError, as_json, theme_from

SVG = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 1 1">{}</svg>'


def changed(**changes: Any) -> dict[str, Any]:
    return {**as_json(AURORA), **changes}


def palette(**changes: str) -> dict[str, Any]:
    light: Any = as_json(AURORA)["light"]
    return {**light, **changes}


@pytest.mark.parametrize(
    ("one", "other", "ratio"), [("#000000", "#ffffff", 21.0), ("#777777", "#ffffff", 4.48), ("#ff0000", "#ff0000", 1)]
)
def test_contrast_is_wcags(one: str, other: str, ratio: float) -> None:
    assert contrast(one, other) == pytest.approx(ratio, abs=0.01)
    assert contrast(other, one) == contrast(one, other)


@pytest.mark.parametrize("theme", [AURORA, BANKSIA])
def test_the_demonstration_themes_pass_and_stay_the_same(theme: Any) -> None:
    assert theme_from(as_json(theme_from(as_json(theme)))) == theme_from(as_json(theme))


@pytest.mark.parametrize(
    ("tokens", "named"),
    [
        ({"light": palette(primary="#9fc9ff")}, "on_primary on primary"),
        ({"light": palette(on_banner="#10213d")}, "on_banner on banner"),
        ({"light": palette(canvas="#808080")}, "text on canvas"),
        ({"light": palette(primary="red")}, "light.primary: must be a colour"),
        ({"dark": {**palette(), "primary": "#1a5aa0"}}, "dark: primary on the card"),
        ({"light": {}}, "light"),
        ({"font_families": ["Comic"]}, "generic"),
        ({"font_families": ['x"; } body { color: red', "serif"]}, "not a font family"),
        ({"corner_radius": 99}, "corner_radius"),
        ({"brand_name": "two\nlines"}, "brand_name"),
        ({"brand_name": ""}, "brand_name"),
        ({"logo_svg": "<svg/>"}, "logo_svg"),
        ({"surprise": 1}, "surprise"),
    ],
)
def test_what_is_wrong_is_named(tokens: dict[str, Any], named: str) -> None:
    with pytest.raises(ThemeError) as refused:
        theme_from(changed(**tokens))
    assert any(named in problem for problem in refused.value.problems), refused.value.problems


def test_every_problem_is_told_at_once() -> None:
    with pytest.raises(ThemeError) as refused:
        theme_from(changed(corner_radius=-1, brand_name="", logo_svg="nothing"))
    assert len(refused.value.problems) == 3


@pytest.mark.parametrize(
    "inside",
    [
        "<script>alert(1)</script>",
        '<path onload="alert(1)"/>',
        '<a href="https://evil.test"><path/></a>',
        '<image href="https://evil.test/x.png"/>',
        '<path fill="url(https://evil.test/#x)"/>',
        '<path style="fill: red"/>',
        "<style>path { fill: red }</style>",
        "<foreignObject/>",
        '<use href="#x"/>',
        '<path xmlns="http://evil.test/"/>',
    ],
)
def test_a_logo_is_a_drawing_and_nothing_else(inside: str) -> None:
    with pytest.raises(LogoError):
        sanitized(SVG.format(inside))


@pytest.mark.parametrize(
    "svg",
    [
        "not svg",
        '<!DOCTYPE svg [<!ENTITY a "b">]>' + SVG.format("<title>&a;</title>"),
        SVG.format("<![CDATA[x]]>"),
        '<svg viewBox="0 0 1 1"/>',
        '<svg xmlns="http://www.w3.org/2000/svg"/>',
        SVG.format("<path/>" * 4_000),
    ],
)
def test_other_documents_are_no_logo(svg: str) -> None:
    with pytest.raises(LogoError):
        sanitized(svg)


def test_a_drawing_is_written_anew() -> None:
    drawing = SVG.format('<!-- by hand --><linearGradient id="g"/><path fill="url(#g)" d="M0 0"/>')
    clean = sanitized(drawing)
    assert "by hand" not in clean
    assert 'fill="url(#g)"' in clean
    assert data_uri(clean).startswith("data:image/svg+xml;base64,")


def test_a_stylesheet_carries_the_tokens_and_dark_only_where_there_is_one() -> None:
    assert "--primary: #1a5aa0;" in stylesheet(AURORA)
    assert "prefers-color-scheme: dark" in stylesheet(AURORA)
    assert "prefers-color-scheme" not in stylesheet(BANKSIA)
    assert 'font: "Segoe UI"' not in stylesheet(BANKSIA)


@pytest.mark.parametrize("tokens", [{}, {"light": "from another time"}])
def test_without_a_theme_that_passes_pages_are_plain(tokens: dict[str, Any]) -> None:
    plain = brand("Kestrel Energy", tokens, ZoneInfo("Australia/Perth"))
    assert (plain.name, plain.logo, plain.dark, plain.zone.key) == ("Kestrel Energy", None, False, "Australia/Perth")
    assert plain.stylesheet_path != brand("Aurora Energy", as_json(AURORA), plain.zone).stylesheet_path
