"""The neutral colours of each tint and colour scheme: surfaces, text and lines, named as in the style sheet."""

from collections.abc import Mapping
from typing import Final, Literal, NamedTuple

Tint = Literal["cool", "neutral", "warm"]


class Neutrals(NamedTuple):
    """The neutral colours of one tint."""

    light: Mapping[str, str]
    dark: Mapping[str, str]


NEUTRALS: Final[Mapping[Tint, Neutrals]] = {
    "cool": Neutrals(
        light={
            "surface": "#ffffff",  # cards
            "field": "#eef1f5",  # filled input fields
            "ink": "#16202a",  # text
            "muted": "#4a5764",  # quiet text
            "line": "#d3dae1",  # lines that only decorate
            "line-strong": "#64717e",  # borders by which an input field is recognised
            "shadow": "rgb(22 32 42 / 14%)",
        },
        dark={
            "surface": "#1b232c",
            "field": "#26303b",
            "ink": "#f1f4f7",
            "muted": "#b4c0cb",
            "line": "#3a4652",
            "line-strong": "#8b98a5",
            "shadow": "rgb(0 0 0 / 40%)",
        },
    ),
    "neutral": Neutrals(
        light={
            "surface": "#ffffff",
            "field": "#f1f1f1",
            "ink": "#1f1f1f",
            "muted": "#555555",
            "line": "#dadada",
            "line-strong": "#707070",
            "shadow": "rgb(0 0 0 / 14%)",
        },
        dark={
            "surface": "#232323",
            "field": "#303030",
            "ink": "#f4f4f4",
            "muted": "#c0c0c0",
            "line": "#454545",
            "line-strong": "#999999",
            "shadow": "rgb(0 0 0 / 40%)",
        },
    ),
    "warm": Neutrals(
        light={
            "surface": "#fffdf9",
            "field": "#f5eee4",
            "ink": "#2a2018",
            "muted": "#5e5144",
            "line": "#e2d7c8",
            "line-strong": "#7b6d5d",
            "shadow": "rgb(60 40 20 / 14%)",
        },
        dark={
            "surface": "#29231e",
            "field": "#362f28",
            "ink": "#f8f3ec",
            "muted": "#cbbfb1",
            "line": "#4b4238",
            "line-strong": "#a5988a",
            "shadow": "rgb(0 0 0 / 40%)",
        },
    ),
}
