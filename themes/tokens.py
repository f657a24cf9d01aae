"""Theme tokens: the values that a brand can set to change the appearance of its pages.

Everything else (layout, focus outlines, most texts) is the same for all brands, and every token has a few values or is
checked, so that all pages are readable and accessible. A theme is checked when it is set for a tenant, not when a page
is shown.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Final, Literal, get_args

import msgspec

from tenants.registry.models import THEME_FILES
from themes.errors import ThemeError
from themes.files import is_digest
from themes.logo import LogoError, sanitized
from themes.logo_export import cleaned
from themes.neutrals import NEUTRALS, Tint
from themes.palettes import Palette, Scheme, SchemeName, palette_problems
from themes.texts import ONE_LINE, BrandTexts, is_line, saving_problems, text_problems
from themes.weight import logo_problems

MAXIMUM_RADIUS = 24
_FAMILY = re.compile(r"[A-Za-z][A-Za-z0-9 -]{0,40}")
_GENERIC_FAMILIES = frozenset({"sans-serif", "serif", "system-ui", "ui-sans-serif", "ui-serif", "ui-rounded"})

HeadingWeight = Literal["regular", "semibold", "bold"]
HeadingCase = Literal["sentence", "capitals"]
ButtonShape = Literal["square", "rounded", "pill"]
InputStyle = Literal["outlined", "underlined", "filled"]
Density = Literal["comfortable", "compact"]
BannerLayout = Literal["column", "wide", "centred"]
CHOICES: Final[Mapping[str, tuple[str, ...]]] = {
    "neutral_tint": get_args(Tint),
    "heading_weight": get_args(HeadingWeight),
    "heading_case": get_args(HeadingCase),
    "button_shape": get_args(ButtonShape),
    "input_style": get_args(InputStyle),
    "density": get_args(Density),
    "banner_layout": get_args(BannerLayout),
}
"""The values of each token that has one of a few values."""
LOGOS: Final[tuple[str, ...]] = ("logo_svg", "logo_dark_svg", "logo_print_svg")


IdentifierKind = Literal["any", "email", "mobile", "number"]
"""What customers sign in with. With more than one kind, it is "any"."""


class ThemeTokens(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The theme of one brand, as it is stored in the tenant's row."""

    brand_name: str  # the name that customers know: "Aurora Energy"
    light: Palette
    dark: Palette | None = None  # None: the pages have no dark scheme
    font_families: tuple[str, ...] = ("system-ui", "sans-serif")  # fonts of the device; the last is a generic family
    corner_radius: int = 8  # CSS pixels
    neutral_tint: Tint = "cool"  # of white, grey and black
    heading_weight: HeadingWeight = "bold"
    heading_case: HeadingCase = "sentence"  # "capitals": small capital letters, only in the headings of sections
    button_shape: ButtonShape = "rounded"  # "rounded": with `corner_radius`
    input_style: InputStyle = "outlined"
    density: Density = "comfortable"  # "compact": less space; what can be pressed stays 44 CSS pixels high
    banner_layout: BannerLayout = "column"  # as wide as the column of text, as wide as the window, or in the middle
    logo_svg: str | None = None  # shown in the banner; see `themes.logo`
    logo_shows_name: bool = False  # if True, the name is not written beside the logo
    logo_dark_svg: str | None = None  # the logo in the dark scheme, if it differs
    logo_print_svg: str | None = None  # the logo on paper, if it differs
    touch_icon: str | None = None  # the digest of the icon for the home screen of a phone; see `themes.files`
    font_regular: str | None = None  # the digests of a font of the brand, which comes before `font_families`
    font_bold: str | None = None
    identifier_label: str = "Email address or customer number"  # what customers sign in with
    identifier_kind: IdentifierKind = "any"  # which keyboard a phone shows, and what a browser fills in
    support_phone: str | None = None
    support_email: str | None = None
    texts: BrandTexts = BrandTexts()

    @property
    def schemes(self) -> tuple[SchemeName, ...]:
        """The colour schemes that the pages have."""
        return ("light",) if self.dark is None else get_args(SchemeName)


def theme_from(tokens: Mapping[str, object]) -> ThemeTokens:
    """Return the checked theme with a sanitized logo. Raises ThemeError with all problems."""
    wrong = [name for name, values in CHOICES.items() if tokens.get(name, values[0]) not in values]
    if wrong:
        raise ThemeError([f"{name}: must be one of {', '.join(CHOICES[name])}" for name in wrong])
    try:
        theme = msgspec.convert(dict(tokens), ThemeTokens)
    except msgspec.ValidationError as error:
        raise ThemeError([str(error)]) from error
    problems = list(_problems(theme))
    logos: dict[str, str] = {}
    for name in LOGOS:
        if (logo := getattr(theme, name)) is not None:
            try:
                logos[name] = sanitized(logo)
            except LogoError as error:
                problems.append(f"{name}: {error}")
    if problems:
        raise ThemeError(problems)
    return msgspec.structs.replace(theme, **logos)


def with_clean_logos(tokens: Mapping[str, object]) -> dict[str, object]:
    """Return the tokens as they are stored: with what remains of the exports of design tools (decision 0060).

    Raises ThemeError if a logo cannot be cleaned. Other problems are those of `check_theme`.
    """
    clean, problems = dict(tokens), []
    for name in LOGOS:
        logo = tokens.get(name)
        if isinstance(logo, str):
            try:
                clean[name] = cleaned(logo)
            except LogoError as error:
                problems.append(f"{name}: {error}")
    if problems:
        raise ThemeError(problems)
    return clean


def check_theme(name: str, tokens: Mapping[str, object]) -> None:
    """Raise ThemeError unless the theme `tokens` can be saved for the brand `name`. They need not contain the name.

    Saving demands more than showing: a contact that leads to nobody is refused, but pages that have one are shown.
    """
    theme = theme_from({"brand_name": name, **tokens})
    logos = filter(None, (getattr(theme, logo) for logo in LOGOS))
    problems = [*saving_problems(theme.texts, theme.support_phone, theme.support_email), *logo_problems(logos)]
    if problems:
        raise ThemeError(problems)


def theme_to_json(theme: ThemeTokens) -> dict[str, object]:
    """Return the theme as it is stored in the tenant's row."""
    converted: dict[str, object] = msgspec.to_builtins(theme)
    return converted


def _problems(theme: ThemeTokens) -> Iterator[str]:
    for name in ("brand_name", "identifier_label", "support_phone", "support_email"):
        text = getattr(theme, name)
        if text is not None and not is_line(text):
            yield f"{name}: {ONE_LINE}"
    yield from text_problems(theme.texts)
    if not 0 <= theme.corner_radius <= MAXIMUM_RADIUS:
        yield f"corner_radius: must be 0 to {MAXIMUM_RADIUS}"
    if not theme.font_families or theme.font_families[-1] not in _GENERIC_FAMILIES:
        yield f"font_families: the last must be generic, one of {', '.join(sorted(_GENERIC_FAMILIES))}"
    for family in theme.font_families:
        if not _FAMILY.fullmatch(family):
            yield f"font_families: {family!r} is not the name of a font family"
    yield from _problems_of_files(theme)
    neutrals = NEUTRALS[theme.neutral_tint]
    yield from palette_problems(Scheme("light", neutrals.light), theme.light)
    if theme.dark is not None:
        yield from palette_problems(Scheme("dark", neutrals.dark), theme.dark)


def _problems_of_files(theme: ThemeTokens) -> Iterator[str]:
    for name in THEME_FILES:
        if (digest := getattr(theme, name)) is not None and not is_digest(digest):
            yield f"{name}: must be the digest of a file that was saved"
    if theme.font_bold is not None and theme.font_regular is None:
        yield "font_bold: needs font_regular"
    if theme.logo_svg is None and (theme.logo_dark_svg or theme.logo_print_svg):
        yield "logo_svg: is needed beside other logos"
    if theme.logo_dark_svg is not None and theme.dark is None:
        yield "logo_dark_svg: there is no dark scheme"
