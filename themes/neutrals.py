"""The colours that no brand sets: surfaces, text, lines and states. The names are those of the style sheet."""

from collections.abc import Mapping
from typing import Final

LIGHT: Final[Mapping[str, str]] = {
    "surface": "#ffffff",
    "ink": "#16202a",
    "muted": "#4a5764",
    "line": "#d3dae1",
    "line-strong": "#64717e",
    "focus": "#16202a",
    "bad": "#a8201a",
    "on-bad": "#ffffff",
    "good": "#17663a",
    "shadow": "rgb(22 32 42 / 14%)",
}
DARK: Final[Mapping[str, str]] = {
    "surface": "#1b232c",
    "ink": "#f1f4f7",
    "muted": "#b4c0cb",
    "line": "#3a4652",
    "line-strong": "#8b98a5",
    "focus": "#f1f4f7",
    "bad": "#ffb1a8",
    "on-bad": "#3b0a07",
    "good": "#86d9a6",
    "shadow": "rgb(0 0 0 / 40%)",
}
