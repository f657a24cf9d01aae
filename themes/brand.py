"""The values of a brand that its pages use: the theme tokens, and values that are computed from them once."""

import logging
from collections.abc import Mapping
from functools import cache, lru_cache
from typing import Any, Final, Literal, NamedTuple, get_args
from zoneinfo import ZoneInfo

import msgspec

from tenants.registry.models import THEME_FILES
from themes.errors import ThemeError
from themes.files import file_name
from themes.logo import data_uri
from themes.palettes import Palette
from themes.stylesheet import fingerprint, stylesheet
from themes.texts import PageTexts, telephone_link, texts_at
from themes.tokens import IdentifierKind, ThemeTokens, theme_from
from themes.tone import Place

logger = logging.getLogger(__name__)

MAXIMUM_CACHED_BRANDS = 2_048
_PLAIN_PALETTE = Palette(
    primary="#1f4e8c",
    on_primary="#ffffff",
    banner="#ffffff",
    on_banner="#16202a",
    accent="#1f4e8c",
    canvas="#f4f6f8",
)
_PLAIN_ICON = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 16 16"><circle cx="8" cy="8" r="8" fill="{colour}"/></svg>'
)


class Contact(msgspec.Struct, frozen=True):
    """A way to contact the brand: "phone", "tel:1800555010", "1800 555 010"."""

    kind: Literal["phone", "email"]
    href: str
    text: str


class InputPurpose(NamedTuple):
    """The attributes of an input field by which browsers know what to enter (HTML, Autofill; WCAG 2.2, 1.3.5)."""

    inputmode: str
    autocomplete: str


_IDENTIFIER_INPUTS: Final[Mapping[IdentifierKind, InputPurpose]] = {
    "any": InputPurpose("text", "username"),
    "email": InputPurpose("email", "email"),
    "mobile": InputPurpose("tel", "tel"),
    "number": InputPurpose("numeric", "username"),
}


class Brand(msgspec.Struct, frozen=True, kw_only=True):
    """The values of a brand that templates use."""

    name: str
    theme: ThemeTokens
    zone: ZoneInfo
    """The time zone in which times are shown to people."""
    css: str
    stylesheet_path: str
    logo: str | None
    """The logo as a data URI."""
    drawings: Mapping[str, str]
    """Further logos as SVG text, by the last part of their address."""
    logo_dark: str | None
    """The address of the logo in the dark scheme, if it differs."""
    logo_print: str | None
    """The address of the logo on paper, if it differs."""
    files: Mapping[str, str]
    """The digests of the files of the theme, by the last part of their address."""
    touch_icon: str | None
    """The address of the icon for the home screen of a phone."""
    icon_svg: str
    """The logo as SVG text, or a circle in the brand's colour if there is no logo."""
    icon: str
    """`icon_svg` as a data URI."""
    phone: Contact | None
    email: Contact | None
    texts: Mapping[Place | None, PageTexts]
    """The texts that may stand at each place. None: at no place for consumers."""

    @property
    def support(self) -> list[Contact]:
        """The ways to contact the brand."""
        return [contact for contact in (self.phone, self.email) if contact is not None]

    @property
    def dark(self) -> bool:
        """Whether the pages have a dark scheme."""
        return self.theme.dark is not None

    @property
    def loads_fonts(self) -> bool:
        """Whether the pages load fonts of the brand."""
        return self.theme.font_regular is not None

    @property
    def banner_colours(self) -> tuple[str, str | None]:
        """The colour of the banner, which phones show around the page, in the light and in the dark scheme."""
        return self.theme.light.banner, None if self.theme.dark is None else self.theme.dark.banner

    @property
    def logo_shows_name(self) -> bool:
        """Whether the logo contains the brand's name."""
        return self.theme.logo_shows_name

    @property
    def identifier_label(self) -> str:
        """The brand's name for the identifier that customers sign in with."""
        return self.theme.identifier_label

    @property
    def sender_name(self) -> str:
        """The name of the sender of emails."""
        return self.theme.texts.sender_name or self.name

    @property
    def identifier_input(self) -> InputPurpose:
        """The purpose of the field for this identifier."""
        return _IDENTIFIER_INPUTS[self.theme.identifier_kind]


def brand(name: str, tokens: Mapping[str, Any], zone: ZoneInfo) -> Brand:
    """Return the brand `name` with the theme tokens and the time zone from its tenant's row.

    A theme is checked when it is set. If the check fails now, because the theme is missing or was accepted by an older
    release, a plain theme is used instead: the pages must work, so that a person can always stop sharing.
    """
    return _brand(name, msgspec.json.encode(tokens, order="deterministic"), zone)


@cache
def plain_brand(name: str, zone: ZoneInfo) -> Brand:
    """Return a brand without a theme of its own, for pages that belong to no tenant."""
    return _with_derived_values(ThemeTokens(brand_name=name, light=_PLAIN_PALETTE), zone)


@lru_cache(maxsize=MAXIMUM_CACHED_BRANDS)
def _brand(name: str, encoded: bytes, zone: ZoneInfo) -> Brand:
    tokens = msgspec.json.decode(encoded)
    try:
        return _with_derived_values(theme_from({"brand_name": name, **tokens}), zone)
    except ThemeError as error:
        if tokens:
            logger.warning("theme.refused", extra={"brand": name, "problems": error.problems})
        return _with_derived_values(ThemeTokens(brand_name=name, light=_PLAIN_PALETTE), zone)


def _with_derived_values(theme: ThemeTokens, zone: ZoneInfo) -> Brand:
    css = stylesheet(theme)
    icon_svg = theme.logo_svg or _PLAIN_ICON.format(colour=theme.light.primary)
    return Brand(
        name=theme.brand_name,
        theme=theme,
        zone=zone,
        css=css,
        stylesheet_path=f"/theme/{fingerprint(css)}.css",
        logo=None if theme.logo_svg is None else data_uri(theme.logo_svg),
        drawings={_drawing_name(svg): svg for svg in (theme.logo_dark_svg, theme.logo_print_svg) if svg is not None},
        logo_dark=None if theme.logo_dark_svg is None else f"/theme/{_drawing_name(theme.logo_dark_svg)}",
        logo_print=None if theme.logo_print_svg is None else f"/theme/{_drawing_name(theme.logo_print_svg)}",
        files={
            file_name(token, digest): digest for token in THEME_FILES if (digest := getattr(theme, token)) is not None
        },
        touch_icon=None if theme.touch_icon is None else f"/theme/{file_name('touch_icon', theme.touch_icon)}",
        icon_svg=icon_svg,
        icon=data_uri(icon_svg),
        phone=_phone(theme),
        email=_email(theme),
        texts={place: texts_at(place, theme.brand_name, theme.texts) for place in (None, *get_args(Place))},
    )


def _drawing_name(svg: str) -> str:
    return f"{fingerprint(svg)}.svg"


def _phone(theme: ThemeTokens) -> Contact | None:
    if not theme.support_phone:
        return None
    return Contact("phone", telephone_link(theme.support_phone), theme.support_phone)


def _email(theme: ThemeTokens) -> Contact | None:
    return Contact("email", f"mailto:{theme.support_email}", theme.support_email) if theme.support_email else None
