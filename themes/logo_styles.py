"""The styles of an SVG document, written as attributes: style sheets with simple selectors, and `style` attributes."""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Final, NamedTuple

from themes.logo import LogoError

# The properties that are also attributes of a logo (SVG 2, 6.6 Presentation attributes), and those that hide a part.
PROPERTIES: Final = frozenset(
    {
        "clip-path",
        "clip-rule",
        "display",
        "fill",
        "fill-opacity",
        "fill-rule",
        "font-family",
        "font-size",
        "font-style",
        "font-weight",
        "letter-spacing",
        "mask",
        "mask-type",
        "opacity",
        "stop-color",
        "stop-opacity",
        "stroke",
        "stroke-dasharray",
        "stroke-dashoffset",
        "stroke-linecap",
        "stroke-linejoin",
        "stroke-miterlimit",
        "stroke-opacity",
        "stroke-width",
        "text-anchor",
        "visibility",
    }
)
_IMPORTANT: Final = re.compile(r"!\s*important", re.IGNORECASE)
_SELECTOR: Final = re.compile(r"(?P<element>[A-Za-z]+|\*)?(?P<rest>[.#][\w-]+)?")


class _Value(NamedTuple):
    """The value of a property. The greatest one wins (CSS Cascading 4, 6.1)."""

    is_important: bool
    specificity: int
    order: int
    text: str


class Styles:
    """The rules of the style sheets of one document. Raises LogoError for a rule that cannot be applied."""

    def __init__(self, css: str) -> None:
        self._values: dict[tuple[str, str], dict[str, _Value]] = {}
        for order, (selector, body) in enumerate(_rules(css)):
            properties = _properties(body)
            if properties:
                for each in selector.split(","):
                    self._add(each.strip(), properties, order)

    def of(self, element: str, classes: Sequence[str], identity: str | None, inline: str) -> dict[str, str]:
        """Return the properties of an element with the classes, the id and the value of its attribute `style`."""
        rests = ["", *(f".{name}" for name in classes), *([f"#{identity}"] if identity else [])]
        applied: dict[str, _Value] = {}
        for name, value in self._matching(element, rests):
            applied[name] = max(value, applied.get(name, value))
        for name, (is_important, text) in _properties(inline).items():
            value = _Value(is_important, _INLINE, 0, text)
            applied[name] = max(value, applied.get(name, value))
        return {name: value.text for name, value in applied.items()}

    def _matching(self, element: str, rests: Sequence[str]) -> Iterator[tuple[str, _Value]]:
        for rest in rests:
            for name in ("*", element):
                yield from self._values.get((name, rest), {}).items()

    def _add(self, selector: str, properties: Mapping[str, tuple[bool, str]], order: int) -> None:
        found = _SELECTOR.fullmatch(selector)
        if not selector or found is None:
            raise LogoError(f"the logo has a style for {selector[:40]!r}; export it with presentation attributes")
        element, rest = found["element"] or "*", found["rest"] or ""
        specificity = (element != "*") + {"": 0, ".": 2, "#": 4}[rest[:1]]
        values = self._values.setdefault((element, rest), {})
        for name, (is_important, text) in properties.items():
            value = _Value(is_important, specificity, order, text)
            values[name] = max(value, values.get(name, value))


_INLINE: Final = 8  # the specificity of the attribute `style`, which is above that of all selectors


def _rules(css: str) -> Iterator[tuple[str, str]]:
    """Yield the selectors and the declarations of each rule, without comments and at-rules."""
    first, *others = css.split("/*")
    plain = first + "".join(other.partition("*/")[2] for other in others)
    for rule in plain.split("}"):
        selector, brace, body = rule.partition("{")
        selector = selector.rpartition(";")[2].strip()  # without statements before it, such as @import and @charset
        if "{" in body:
            raise LogoError(f"the logo has styles that depend on {selector[:40]!r}; export it without them")
        if brace and not selector.startswith("@"):
            yield selector, body


def _properties(text: str) -> dict[str, tuple[bool, str]]:
    """Return the values of PROPERTIES in a list of declarations, each with whether it is important."""
    properties = {}
    for declaration in text.split(";"):
        name, _, value = declaration.partition(":")
        name = name.strip().lower()
        if name == "transform":
            raise LogoError("the logo moves a part with a style (transform); export it with presentation attributes")
        if name in PROPERTIES and "\\" not in value:
            plain, important = _IMPORTANT.subn("", value)
            properties[name] = (important > 0, plain.strip())
    return properties
