"""Theme tokens: the values that a brand can set to change the appearance of its pages.

Everything else (layout, neutral colours, spacing, focus outlines, texts) is the same for all brands, so that all pages
are readable and accessible. A theme is checked when it is set for a tenant, not when a page is shown.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Literal

import msgspec

from haas.errors import HaasError
from haas.mail import is_header_text
from themes import neutrals
from themes.logo import LogoError, sanitized
from themes.palettes import Palette, palette_problems

MAXIMUM_RADIUS = 24
MAXIMUM_LINE = 120
_FAMILY = re.compile(r"[A-Za-z][A-Za-z0-9 -]{0,40}")
_GENERIC_FAMILIES = frozenset({"sans-serif", "serif", "system-ui", "ui-sans-serif", "ui-serif", "ui-rounded"})


IdentifierKind = Literal["any", "email", "mobile", "number"]
"""What customers sign in with. With more than one kind, it is "any"."""


class ThemeError(HaasError):
    """A theme was refused. `problems` lists all reasons, each with the name of the token."""

    def __init__(self, problems: list[str]) -> None:
        """Take the reasons."""
        super().__init__("; ".join(problems))
        self.problems = problems


class ThemeTokens(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The theme of one brand, as it is stored in the tenant's row."""

    brand_name: str  # the name that customers know: "Aurora Energy"
    light: Palette
    dark: Palette | None = None  # None: the pages have no dark scheme
    font_families: tuple[str, ...] = ("system-ui", "sans-serif")  # fonts of the device; the last is a generic family
    corner_radius: int = 8  # CSS pixels
    logo_svg: str | None = None  # shown in the banner; see `themes.logo`
    logo_shows_name: bool = False  # if True, the name is not written beside the logo
    identifier_label: str = "Email address or customer number"  # what customers sign in with
    identifier_kind: IdentifierKind = "any"  # which keyboard a phone shows, and what a browser fills in
    support_phone: str | None = None
    support_email: str | None = None


def theme_from(tokens: Mapping[str, object]) -> ThemeTokens:
    """Return the checked theme with a sanitized logo. Raises ThemeError with all problems."""
    try:
        theme = msgspec.convert(dict(tokens), ThemeTokens)
    except msgspec.ValidationError as error:
        raise ThemeError([str(error)]) from error
    problems = list(_problems(theme))
    logo = theme.logo_svg
    if logo is not None:
        try:
            logo = sanitized(logo)
        except LogoError as error:
            problems.append(f"logo_svg: {error}")
    if problems:
        raise ThemeError(problems)
    return msgspec.structs.replace(theme, logo_svg=logo)


def check_theme(name: str, tokens: Mapping[str, object]) -> None:
    """Raise ThemeError unless the brand `name` can have the theme `tokens`, which need not contain the name."""
    theme_from({"brand_name": name, **tokens})


def theme_to_json(theme: ThemeTokens) -> dict[str, object]:
    """Return the theme as it is stored in the tenant's row."""
    converted: dict[str, object] = msgspec.to_builtins(theme)
    return converted


def _problems(theme: ThemeTokens) -> Iterator[str]:
    for name in ("brand_name", "identifier_label", "support_phone", "support_email"):
        text = getattr(theme, name)
        if text is not None and not (text == text.strip() and len(text) <= MAXIMUM_LINE and is_header_text(text)):
            yield f"{name}: must be one line of 1 to {MAXIMUM_LINE} printable characters, without '=?'"
    if not 0 <= theme.corner_radius <= MAXIMUM_RADIUS:
        yield f"corner_radius: must be 0 to {MAXIMUM_RADIUS}"
    if not theme.font_families or theme.font_families[-1] not in _GENERIC_FAMILIES:
        yield f"font_families: the last must be generic, one of {', '.join(sorted(_GENERIC_FAMILIES))}"
    for family in theme.font_families:
        if not _FAMILY.fullmatch(family):
            yield f"font_families: {family!r} is not the name of a font family"
    yield from palette_problems("light", theme.light, neutrals.LIGHT)
    if theme.dark is not None:
        yield from palette_problems("dark", theme.dark, neutrals.DARK)
