"""Contrast of colours, as WCAG 2.2 defines it."""

import re

_HEX = re.compile(r"#[0-9a-fA-F]{6}")
_LINEAR_LIMIT = 0.04045

MINIMUM_CONTRAST = 4.5  # WCAG 2.2, 1.4.3 Contrast (Minimum)
ENHANCED_CONTRAST = 7.0  # WCAG 2.2, 1.4.6 Contrast (Enhanced): required for body text


def is_colour(text: str) -> bool:
    """Return whether `text` is an opaque colour written `#rrggbb`."""
    return _HEX.fullmatch(text) is not None


def contrast(one: str, other: str) -> float:
    """Return the contrast ratio of two colours written `#rrggbb`, 1 to 21 (WCAG 2.2, contrast ratio)."""
    darker, lighter = sorted((_luminance(one), _luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


def _luminance(colour: str) -> float:
    red, green, blue = (_linear(int(colour[at : at + 2], 16) / 255) for at in (1, 3, 5))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _linear(channel: float) -> float:
    return channel / 12.92 if channel <= _LINEAR_LIMIT else ((channel + 0.055) / 1.055) ** 2.4
