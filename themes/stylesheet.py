"""The style sheet of a brand: its theme tokens as custom properties, then the styles that all brands share."""

import hashlib
from functools import cache
from pathlib import Path

from themes.tokens import (
    DARK_INK,
    DARK_MUTED,
    DARK_SURFACE,
    INK,
    MUTED,
    SURFACE,
    Palette,
    ThemeTokens,
)

_BASE = Path(__file__).parent / "static" / "base.css"
_FINGERPRINT_CHARACTERS = 16

_LIGHT = {
    "surface": SURFACE,
    "ink": INK,
    "muted": MUTED,
    "line": "#d3dae1",
    "line-strong": "#64717e",
    "focus": "#16202a",
    "bad": "#a8201a",
    "on-bad": "#ffffff",
    "good": "#17663a",
    "shadow": "rgb(22 32 42 / 14%)",
}
_DARK = {
    "surface": DARK_SURFACE,
    "ink": DARK_INK,
    "muted": DARK_MUTED,
    "line": "#3a4652",
    "line-strong": "#8b98a5",
    "focus": "#f1f4f7",
    "bad": "#ffb1a8",
    "on-bad": "#3b0a07",
    "good": "#86d9a6",
    "shadow": "rgb(0 0 0 / 40%)",
}


def stylesheet(theme: ThemeTokens) -> str:
    """Return the complete style sheet of a checked theme."""
    font = ", ".join(f'"{family}"' if " " in family else family for family in theme.font_families)
    general = {"font": font, "radius": f"{theme.corner_radius}px"}
    text = f":root {{{_properties({**general, **_LIGHT}, theme.light)}}}\n"
    if theme.dark is not None:
        text += f"@media screen and (prefers-color-scheme: dark) {{ :root {{{_properties(_DARK, theme.dark)}}} }}\n"
    return text + _base()


def fingerprint(css: str) -> str:
    """Return a part for the URL of the style sheet that changes when its content changes."""
    return hashlib.sha256(css.encode()).hexdigest()[:_FINGERPRINT_CHARACTERS]


def _properties(neutral: dict[str, str], palette: Palette) -> str:
    own = {
        "primary": palette.primary,
        "on-primary": palette.on_primary,
        "banner": palette.banner,
        "on-banner": palette.on_banner,
        "accent": palette.accent,
        "canvas": palette.canvas,
    }
    return "".join(f" --{name}: {value};" for name, value in {**neutral, **own}.items())


@cache
def _base() -> str:
    return _BASE.read_text(encoding="utf-8")
