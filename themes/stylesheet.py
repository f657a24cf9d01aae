"""The style sheet of a brand: its theme tokens as custom properties, then the styles that all brands share.

Only values of this module and checked colours, names of fonts and numbers get into the style sheet.
"""

import hashlib
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Final

from themes.contrast import contrast
from themes.files import file_name
from themes.neutrals import NEUTRALS
from themes.palettes import BLACK, Palette, Scheme, SchemeName
from themes.tokens import (
    BannerLayout,
    ButtonShape,
    Density,
    HeadingCase,
    HeadingWeight,
    InputStyle,
    ThemeTokens,
)

_BASE: Final = Path(__file__).parent / "static" / "base.css"
_FINGERPRINT_CHARACTERS: Final = 16
_BRAND_FONT: Final = "Font of the brand"

# The custom properties that each value of a token sets.
_HEADING_WEIGHTS: Final[Mapping[HeadingWeight, Mapping[str, str]]] = {
    "regular": {"heading-weight": "400", "section-weight": "600"},
    "semibold": {"heading-weight": "600", "section-weight": "600"},
    "bold": {"heading-weight": "700", "section-weight": "700"},
}
_HEADING_CASES: Final[Mapping[HeadingCase, Mapping[str, str]]] = {
    "sentence": {"section-case": "none", "section-size": "1.1875rem", "section-spacing": "normal"},
    "capitals": {"section-case": "uppercase", "section-size": "0.9375rem", "section-spacing": "0.06em"},
}
_BUTTON_SHAPES: Final[Mapping[ButtonShape, Mapping[str, str]]] = {
    "square": {"button-radius": "0", "badge-radius": "0"},
    "rounded": {"button-radius": "var(--radius)", "badge-radius": "1rem"},
    "pill": {"button-radius": "2rem", "badge-radius": "1rem"},
}
_INPUT_STYLES: Final[Mapping[InputStyle, Mapping[str, str]]] = {
    "outlined": {
        "input-border": "2px",
        "input-radius": "var(--radius)",
        "input-background": "var(--surface)",
        "input-inset": "0.75rem",
    },
    "underlined": {
        "input-border": "0 0 2px",
        "input-radius": "0",
        "input-background": "transparent",
        "input-inset": "0.125rem",
    },
    "filled": {
        "input-border": "0 0 2px",
        "input-radius": "min(var(--radius), 0.75rem) min(var(--radius), 0.75rem) 0 0",
        "input-background": "var(--field)",
        "input-inset": "0.75rem",
    },
}
_DENSITIES: Final[Mapping[Density, Mapping[str, str]]] = {
    # `control` is the height of what can be pressed: 48 or 44 CSS pixels (WCAG 2.2, 2.5.5 Target Size (Enhanced)).
    "comfortable": {
        "control": "3rem",
        "leading": "1.55",
        "gap": "1.25rem",
        "row": "0.875rem",
        "card-inset": "1.5rem",
        "wide-card-inset": "2.25rem 2.5rem",
    },
    "compact": {
        "control": "2.75rem",
        "leading": "1.45",
        "gap": "0.9375rem",
        "row": "0.5625rem",
        "card-inset": "1.125rem",
        "wide-card-inset": "1.5rem 1.75rem",
    },
}
_BANNER_LAYOUTS: Final[Mapping[BannerLayout, Mapping[str, str]]] = {
    "column": {"banner-width": "43rem", "banner-direction": "row", "banner-justify": "space-between"},
    "wide": {"banner-width": "none", "banner-direction": "row", "banner-justify": "space-between"},
    "centred": {"banner-width": "43rem", "banner-direction": "column", "banner-justify": "center"},
}


def stylesheet(theme: ThemeTokens, *, only: SchemeName | None = None) -> str:
    """Return the complete style sheet of a checked theme. With `only`, it has this colour scheme on every device."""
    neutrals = NEUTRALS[theme.neutral_tint]
    light = {**_look(theme), **_colours(Scheme("light", neutrals.light), theme.light)}
    text = _font_faces(theme) + f":root {{{_declarations(light)}}}\n"
    if theme.dark is not None and only != "light":
        dark = f":root {{{_declarations(_colours(Scheme('dark', neutrals.dark), theme.dark))}}}"
        text += f"{dark}\n" if only else f"@media screen and (prefers-color-scheme: dark) {{ {dark} }}\n"
    return text + _base()


def fingerprint(css: str) -> str:
    """Return a part for the URL of the style sheet that changes when its content changes."""
    return hashlib.sha256(css.encode()).hexdigest()[:_FINGERPRINT_CHARACTERS]


def _font_faces(theme: ThemeTokens) -> str:
    """Return the rules that load the fonts of the brand. Until a font is there, the text is shown in another one."""
    text = ""
    for token, digest, only, with_other in (
        ("font_regular", theme.font_regular, "400", "100 500"),
        ("font_bold", theme.font_bold, "700", "600 900"),
    ):
        if digest is not None:
            weights = only if theme.font_bold is None else with_other
            text += (
                f'@font-face {{ font-family: "{_BRAND_FONT}"; src: url("/theme/{file_name(token, digest)}")'
                f' format("woff2"); font-weight: {weights}; font-display: swap; }}\n'
            )
    return text


def _look(theme: ThemeTokens) -> dict[str, str]:
    families = theme.font_families if theme.font_regular is None else (_BRAND_FONT, *theme.font_families)
    return {
        "font": ", ".join(f'"{family}"' if " " in family else family for family in families),
        "radius": f"{theme.corner_radius}px",
        **_HEADING_WEIGHTS[theme.heading_weight],
        **_HEADING_CASES[theme.heading_case],
        **_BUTTON_SHAPES[theme.button_shape],
        **_INPUT_STYLES[theme.input_style],
        **_DENSITIES[theme.density],
        **_BANNER_LAYOUTS[theme.banner_layout],
    }


def _colours(scheme: Scheme, palette: Palette) -> dict[str, str]:
    status = scheme.status(palette)
    return {
        **scheme.neutrals,
        "focus": scheme.neutrals["ink"],
        "primary": palette.primary,
        "on-primary": palette.on_primary,
        "banner": palette.banner,
        "on-banner": palette.on_banner,
        "accent": palette.accent,
        "canvas": palette.canvas,
        "good": status.success,
        "warning": status.warning,
        "bad": status.danger,
        "on-bad": status.on_danger,
        "hover": _hover(palette.on_primary, palette.primary),
        "hover-bad": _hover(status.on_danger, status.danger),
    }


def _hover(text: str, background: str) -> str:
    """Return the colour that is laid over a button below the pointer, with which its text has no less contrast."""
    return "rgb(0 0 0 / 12%)" if contrast(text, BLACK) > contrast(background, BLACK) else "rgb(255 255 255 / 24%)"


def _declarations(properties: Mapping[str, str]) -> str:
    return "".join(f" --{name}: {value};" for name, value in properties.items())


@cache
def _base() -> str:
    return _BASE.read_text(encoding="utf-8")
