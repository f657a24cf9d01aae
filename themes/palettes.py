"""The colours of a colour scheme: those that a brand sets, the neutral ones, and the contrast that they must have."""

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Final, Literal, NamedTuple

import msgspec

from themes.contrast import ENHANCED_CONTRAST, MINIMUM_CONTRAST, contrast, is_colour, nearest_shade

SchemeName = Literal["light", "dark"]
WHITE: Final = "#ffffff"
BLACK: Final = "#000000"


class Palette(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The colours of one colour scheme, each written `#rrggbb`."""

    primary: str  # buttons, links, selected choices
    on_primary: str  # text on `primary`
    banner: str  # the bar at the top, with the logo
    on_banner: str  # text on `banner`
    accent: str  # the line below the banner, which is only decoration
    canvas: str  # the background of the page
    # The colours of states. They never stand alone: a text says the same. None: the colour that all brands have.
    success: str | None = None
    warning: str | None = None
    danger: str | None = None  # errors, and the button that stops sharing


class StateColours(msgspec.Struct, frozen=True, kw_only=True):
    """The colours of the states in one colour scheme."""

    success: str
    warning: str
    danger: str

    @property
    def on_danger(self) -> str:
        """The colour of text on `danger`: white if it can be read, else black, which then can."""
        return WHITE if contrast(WHITE, self.danger) >= MINIMUM_CONTRAST else BLACK


class Scheme(NamedTuple):
    """A colour scheme without the colours of a brand. `neutrals` has the names of `themes.neutrals`."""

    name: SchemeName
    neutrals: Mapping[str, str]

    def status(self, palette: Palette) -> StateColours:
        """Return the colours of the states, those of the palette first."""
        usual = _STATUS[self.name]
        return StateColours(
            success=palette.success or usual.success,
            warning=palette.warning or usual.warning,
            danger=palette.danger or usual.danger,
        )


class _Pair(NamedTuple):
    """Two colours of which one is written on the other. `text` and `background` name colours of a scheme."""

    words: str
    text: str
    background: str
    minimum: float


_STATUS: Final = {
    "light": StateColours(success="#17663a", warning="#7a4a00", danger="#a8201a"),
    "dark": StateColours(success="#86d9a6", warning="#f2c166", danger="#ffb1a8"),
}
_PAIRS: Final = (
    _Pair("the text on the page", "ink", "canvas", ENHANCED_CONTRAST),
    _Pair("the quiet text on the page", "muted", "canvas", MINIMUM_CONTRAST),
    _Pair("links on a card", "primary", "surface", MINIMUM_CONTRAST),
    _Pair("links on the page", "primary", "canvas", MINIMUM_CONTRAST),
    _Pair("the text on the primary button", "on_primary", "primary", MINIMUM_CONTRAST),
    _Pair("the text on the banner", "on_banner", "banner", MINIMUM_CONTRAST),
    _Pair("a text about success on a card", "success", "surface", MINIMUM_CONTRAST),
    _Pair("a warning on a card", "warning", "surface", MINIMUM_CONTRAST),
    _Pair("an error on a card", "danger", "surface", MINIMUM_CONTRAST),
)
_CLAUSES: Final = {MINIMUM_CONTRAST: "1.4.3", ENHANCED_CONTRAST: "1.4.6"}
# The steps in which a colour gets a shade that has enough contrast with the others. Colours that come later are not
# considered, so that a shade always exists and `primary` changes as little as possible.
_STEPS: Final = (
    ("canvas", ("ink", "muted")),
    ("primary", ("surface", "canvas")),
    ("on_primary", ("primary",)),
    ("banner", ("on_banner",)),
    *((status, ("surface",)) for status in ("success", "warning", "danger")),
)
_FOLLOWERS: Final[Mapping[str, Sequence[str]]] = {"canvas": ("primary",), "primary": ("on_primary",)}


def palette_problems(scheme: Scheme, palette: Palette) -> Iterator[str]:
    """Yield what is wrong with the colours of a scheme, each with a proposal that makes the whole scheme right."""
    colours = {name: value for name, value in msgspec.structs.asdict(palette).items() if value is not None}
    bad = [name for name, value in colours.items() if not is_colour(value)]
    if bad:
        yield from (f"{scheme.name}.{name}: must be a colour written #rrggbb" for name in bad)
        return
    present = {**scheme.neutrals, **colours, **msgspec.structs.asdict(scheme.status(palette))}
    proposed = _with_passing_shades(present)
    for pair in _PAIRS:
        if not _passes(pair, present):
            text, background = present[pair.text], present[pair.background]
            ratio = math.floor(contrast(text, background) * 10) / 10  # rounded down, so that it never seems enough
            names = [pair.text, pair.background]
            for name in names:  # and what must agree with the other shade of a name
                names += [other for other in _FOLLOWERS.get(name, ()) if other not in names]
            changed = [name for name in names if proposed[name] != present[name]]
            shades = " with ".join(f"{scheme.name}.{name} {proposed[name]}" for name in changed)
            yield (
                f"{scheme.name}: {pair.words}: {text} on {background} has {ratio:.1f}:1, at least {pair.minimum:.1f}:1"
                f" is needed (WCAG 2.2, {_CLAUSES[pair.minimum]}). The nearest shade that passes: {shades}"
            )


def _with_passing_shades(colours: dict[str, str]) -> dict[str, str]:
    """Return the colours with the nearest shades with which every pair has enough contrast."""
    proposed = dict(colours)
    for name, others in _STEPS:
        pairs = [pair for pair in _PAIRS if name in pair and (pair.text in others or pair.background in others)]

        def passes(shade: str, name: str = name, pairs: Sequence[_Pair] = pairs) -> bool:
            return all(_passes(pair, {**proposed, name: shade}) for pair in pairs)

        proposed[name] = nearest_shade(proposed[name], passes) or proposed[name]
    return proposed


def _passes(pair: _Pair, colours: dict[str, str]) -> bool:
    return contrast(colours[pair.text], colours[pair.background]) >= pair.minimum
