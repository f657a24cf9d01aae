"""The style sheet of a brand: its theme tokens as custom properties, then the styles that all brands share."""

import hashlib
from collections.abc import Mapping
from functools import cache
from pathlib import Path

from themes import neutrals
from themes.palettes import Palette
from themes.tokens import ThemeTokens

_BASE = Path(__file__).parent / "static" / "base.css"
_FINGERPRINT_CHARACTERS = 16


def stylesheet(theme: ThemeTokens) -> str:
    """Return the complete style sheet of a checked theme."""
    font = ", ".join(f'"{family}"' if " " in family else family for family in theme.font_families)
    general = {"font": font, "radius": f"{theme.corner_radius}px"}
    text = f":root {{{_properties({**general, **neutrals.LIGHT}, theme.light)}}}\n"
    if theme.dark is not None:
        text += (
            f"@media screen and (prefers-color-scheme: dark) {{ :root {{{_properties(neutrals.DARK, theme.dark)}}} }}\n"
        )
    return text + _base()


def fingerprint(css: str) -> str:
    """Return a part for the URL of the style sheet that changes when its content changes."""
    return hashlib.sha256(css.encode()).hexdigest()[:_FINGERPRINT_CHARACTERS]


def _properties(general: Mapping[str, str], palette: Palette) -> str:
    own = {
        "primary": palette.primary,
        "on-primary": palette.on_primary,
        "banner": palette.banner,
        "on-banner": palette.on_banner,
        "accent": palette.accent,
        "canvas": palette.canvas,
    }
    return "".join(f" --{name}: {value};" for name, value in {**general, **own}.items())


@cache
def _base() -> str:
    return _BASE.read_text(encoding="utf-8")
