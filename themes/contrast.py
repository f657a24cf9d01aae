"""Contrast of colours, as WCAG 2.2 defines it, and other shades of a colour."""

import colorsys
import re
from collections.abc import Callable, Iterator

_HEX = re.compile(r"#[0-9a-fA-F]{6}")
_LINEAR_LIMIT = 0.04045
_LIGHTNESSES = 2 * 255  # the lightness of an 8-bit colour is a multiple of 1/510: (greatest + smallest channel) / 2

MINIMUM_CONTRAST = 4.5  # WCAG 2.2, 1.4.3 Contrast (Minimum)
ENHANCED_CONTRAST = 7.0  # WCAG 2.2, 1.4.6 Contrast (Enhanced): required for body text


def is_colour(text: str) -> bool:
    """Return whether `text` is an opaque colour written `#rrggbb`."""
    return _HEX.fullmatch(text) is not None


def contrast(one: str, other: str) -> float:
    """Return the contrast ratio of two colours written `#rrggbb`, 1 to 21 (WCAG 2.2, contrast ratio)."""
    darker, lighter = sorted((_luminance(one), _luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


def nearest_shade(colour: str, passes: Callable[[str], bool]) -> str | None:
    """Return the shade for which `passes` is true and whose lightness is nearest to that of the colour, or None.

    A shade has the hue and the saturation of the colour and another lightness (HSL), from black to white. It is
    rounded to 8 bits before `passes` is asked. The colour itself is the first shade.
    """
    return next(filter(passes, _shades(colour)), None)


def _shades(colour: str) -> Iterator[str]:
    """Yield the colour and its shades, those with the nearest lightness first."""
    yield colour
    hue, lightness, saturation = colorsys.rgb_to_hls(*_channels(colour))
    steps = sorted(range(_LIGHTNESSES + 1), key=lambda step: abs(step / _LIGHTNESSES - lightness))
    for step in steps:
        channels = colorsys.hls_to_rgb(hue, step / _LIGHTNESSES, saturation)
        yield "#" + "".join(f"{round(channel * 255):02x}" for channel in channels)


def _luminance(colour: str) -> float:
    red, green, blue = map(_linear, _channels(colour))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _channels(colour: str) -> tuple[float, float, float]:
    red, green, blue = (int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5))
    return red, green, blue


def _linear(channel: float) -> float:
    return channel / 12.92 if channel <= _LINEAR_LIMIT else ((channel + 0.055) / 1.055) ** 2.4
