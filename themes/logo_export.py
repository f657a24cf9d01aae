"""Cleaning the exports of design tools, so that a drawing remains that `themes.logo` accepts.

Illustrator, Inkscape, Figma and Sketch add a document type, metadata, styles, and elements and attributes of their own.
These are removed, or written with the elements and attributes that a logo may have. What acts (a script, an event) and
what would leave a hole in the drawing (a picture, another document) is refused.
"""

import re
from collections.abc import Iterator
from typing import Final
from xml.etree import ElementTree as ET
from xml.parsers import expat

from themes import logo
from themes.logo import ATTRIBUTES, ELEMENTS, FOREIGN_REFERENCE, MAXIMUM_DEPTH, SVG, LogoError, sanitized
from themes.logo_styles import Styles

MAXIMUM_CHARACTERS: Final = 262_144
MAXIMUM_ELEMENTS: Final = 4_000
MAXIMUM_ENTITY: Final = 100
_XLINK_HREF: Final = "{http://www.w3.org/1999/xlink}href"
_REFUSED: Final = {
    "script": "a script",
    "foreignObject": "another document",
    "image": "a picture of pixels",
    "symbol": "a symbol: expand it",
    "textPath": "text on a path: convert it to outlines",
}
_GROUPS: Final = frozenset({"a", "switch", "use"})  # only what is in them is part of the drawing
_TEXTS: Final = frozenset({"text", "tspan", "title", "desc"})
_GRADIENTS: Final = frozenset({"linearGradient", "radialGradient"})
_NOT_DRAWN: Final = _GRADIENTS | {"defs", "stop", "clipPath", "mask"}  # works although it is not displayed
_HIDING: Final = frozenset({("display", "none"), ("visibility", "hidden"), ("visibility", "collapse")})
_OWN_REFERENCE: Final = re.compile(r"""url\(\s*["']?#([\w.:-]+)["']?\s*\)""")
_NUMBER: Final = re.compile(r"(-?[0-9]{1,6}(?:\.[0-9]{1,9})?)(?:px)?")


def cleaned(svg: str) -> str:
    """Return the drawing of an SVG document as `themes.logo.sanitized` returns it.

    Raises LogoError if the document is too large, too deep, not well-formed, or contains what a logo cannot have.
    """
    root = _parsed(svg)
    if root.tag != f"{SVG}svg":
        raise LogoError("the logo's root must be an <svg> of the SVG namespace")
    size = [_NUMBER.fullmatch(root.get(side, "")) for side in ("width", "height")]
    if "viewBox" not in root.attrib and all(size):
        root.set("viewBox", "0 0 " + " ".join(side[1] for side in size if side))
    drawing = _Copier(root).copy(root)
    if drawing is None:
        raise LogoError("the logo is hidden")
    ET.register_namespace("", SVG[1:-1])
    return sanitized(ET.tostring(drawing, encoding="unicode"))


class _Copier:
    """Copies the elements of one document, without what a logo may not have."""

    def __init__(self, root: ET.Element) -> None:
        self._by_id = {identity: element for element in reversed([*root.iter()]) if (identity := element.get("id"))}
        self._styles = Styles("\n".join("".join(element.itertext()) for element in root.iter(f"{SVG}style")))
        self._attributes_of: dict[ET.Element, dict[str, str]] = {}
        self._copied = 0
        self._characters = 0

    def copy(self, element: ET.Element, depth: int = 0, *, again: bool = False) -> ET.Element | None:
        """Return a clean copy, or None if the element is not part of the drawing. A copy `again` has no id."""
        self._count(depth)
        name = element.tag.removeprefix(SVG)
        if not element.tag.startswith(SVG) or (name == "foreignObject" and "requiredExtensions" in element.attrib):
            return None  # for example Illustrator's own copy of the drawing, which no browser shows
        if name in _REFUSED:
            raise LogoError(f"the logo contains <{name}>, {_REFUSED[name]}")
        if element not in self._attributes_of:
            self._attributes_of[element] = self._attributes(name, element)
        attributes = self._attributes_of[element]
        hidden = name not in _NOT_DRAWN and _HIDING & attributes.items()
        if hidden or (name not in ELEMENTS and name not in _GROUPS):
            return None
        shown = {key: value for key, value in attributes.items() if key in ATTRIBUTES and not (again and key == "id")}
        copy = ET.Element(SVG + ("g" if name in _GROUPS else name), shown)
        copy.text = element.text if name in _TEXTS else None
        self._count_characters(*shown.values(), copy.text or "")
        borrows = name == "use" or (name in _GRADIENTS and element.find(f"{SVG}stop") is None)
        for child in self._children(name, element, copy):
            clean = self.copy(child, depth + 1, again=again or borrows)
            if clean is not None:
                clean.tail = child.tail if name in _TEXTS else None
                self._count_characters(clean.tail or "")
                copy.append(_merged(clean) if name == "clipPath" and child.tag == f"{SVG}use" else clean)
        return copy

    def _count(self, depth: int) -> None:
        self._copied += 1
        if self._copied > MAXIMUM_ELEMENTS:
            raise LogoError(f"the logo has more than {MAXIMUM_ELEMENTS} elements")
        if depth > MAXIMUM_DEPTH:
            raise LogoError(f"the elements of the logo are nested more than {MAXIMUM_DEPTH} deep")

    def _count_characters(self, *texts: str) -> None:
        self._characters += sum(map(len, texts))
        if self._characters > logo.MAXIMUM_CHARACTERS:
            raise LogoError(f"the drawing of the logo has more than {logo.MAXIMUM_CHARACTERS} characters")

    def _attributes(self, name: str, element: ET.Element) -> dict[str, str]:
        """Return the attributes of an element, also those that its styles and other gradients give to it."""
        events = [attribute for attribute in element.attrib if attribute.casefold().startswith("on")]
        if events:
            raise LogoError(f"<{name}> of the logo has the event {events[0]}")
        given: dict[str, str] = {}
        for source in reversed([*self._gradients(element)] if name in _GRADIENTS else [element]):
            given |= {key: value for key, value in source.attrib.items() if key != "id" or source is element}
        given |= self._styles.of(name, element.get("class", "").split(), element.get("id"), element.get("style", ""))
        own = {key: _OWN_REFERENCE.sub(r"url(#\1)", value) for key, value in given.items()}
        return {key: value for key, value in own.items() if not FOREIGN_REFERENCE.search(value)}

    def _children(self, name: str, element: ET.Element, copy: ET.Element) -> list[ET.Element]:
        """Return what is in an element: for a `<use>` what it refers to, for a gradient the colours of another one."""
        if name == "use":
            target = self._target(element)
            at = [number[1] if (number := _NUMBER.fullmatch(copy.attrib.pop(key, "0"))) else "0" for key in "xy"]
            copy.attrib.pop("width", None)
            copy.attrib.pop("height", None)
            if at != ["0", "0"]:
                copy.set("transform", f"{copy.get('transform', '')} translate({' '.join(at)})".strip())
            return [] if target is None else [target]
        if name in _GRADIENTS:
            return next(([*each] for each in self._gradients(element) if each.find(f"{SVG}stop") is not None), [])
        return [*element]

    def _gradients(self, element: ET.Element) -> Iterator[ET.Element]:
        """Yield a gradient and those from which it takes what it does not state (SVG 2, 14.2.2)."""
        found: ET.Element | None = element
        for _ in range(MAXIMUM_DEPTH):
            if found is not None and found.tag.removeprefix(SVG) in _GRADIENTS:
                yield found
                found = self._target(found)

    def _target(self, element: ET.Element) -> ET.Element | None:
        href = element.get("href", element.get(_XLINK_HREF, ""))
        return self._by_id.get(href[1:]) if href.startswith("#") else None


def _merged(group: ET.Element) -> ET.Element:
    """Return the only child of a group with the attributes of the group. A `<clipPath>` cannot contain groups."""
    if len(group) != 1:
        return group
    child = group[0]
    transform = f"{group.get('transform', '')} {child.get('transform', '')}".strip()
    child.attrib = {**group.attrib, **child.attrib, **({"transform": transform} if transform else {})}
    return child


def _parsed(svg: str) -> ET.Element:
    """Return the root of the document, without comments and processing instructions. No other file is read."""
    if len(svg) > MAXIMUM_CHARACTERS:
        raise LogoError(f"the logo has {len(svg)} characters; an export may have {MAXIMUM_CHARACTERS}")
    builder = _Builder()
    parser = expat.ParserCreate(encoding="utf-8", namespace_separator="}")
    parser.buffer_text = True
    parser.specified_attributes = True  # without the defaults of a document type
    parser.StartElementHandler = builder.start
    parser.EndElementHandler = builder.end
    parser.CharacterDataHandler = builder.data
    parser.EntityDeclHandler = _check_entity
    try:
        parser.Parse(svg.removeprefix("\ufeff").encode(), True)
    except (expat.ExpatError, UnicodeEncodeError) as error:
        raise LogoError(f"the logo is not well-formed: {error}") from error
    return builder.close()


class _Builder:
    """Builds the elements that the parser finds, not more and not deeper than a logo may be."""

    def __init__(self) -> None:
        self._builder = ET.TreeBuilder()
        self._depth = 0
        self._characters = 0

    def start(self, name: str, attributes: dict[str, str]) -> None:
        self._depth += 1
        if self._depth > MAXIMUM_DEPTH:
            raise LogoError(f"the elements of the logo are nested more than {MAXIMUM_DEPTH} deep")
        self._count(sum(map(len, attributes.values())))
        self._builder.start(_qualified(name), {_qualified(key): value for key, value in attributes.items()})

    def end(self, name: str) -> None:
        self._depth -= 1
        self._builder.end(_qualified(name))

    def data(self, text: str) -> None:
        self._count(len(text))
        self._builder.data(text)

    def close(self) -> ET.Element:
        return self._builder.close()

    def _count(self, characters: int) -> None:
        self._characters += characters
        if self._characters > MAXIMUM_CHARACTERS:
            raise LogoError("the entities of the logo make it too large")


def _check_entity(name: str, is_parameter: bool, value: str | None, *_: object) -> None:  # noqa: FBT001 - expat's order
    """Refuse an entity, unless it is a short text without other entities: Illustrator has some for its namespaces."""
    if is_parameter or value is None or len(value) > MAXIMUM_ENTITY or "&" in value or "<" in value:
        raise LogoError(f"the entity {name} of the logo is not a short text")


def _qualified(name: str) -> str:
    return "{" + name if "}" in name else name
