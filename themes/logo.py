"""A brand's logo: an SVG document that contains only a drawing.

Pages show the logo as an image (`<img src="data:…">`), in which a browser runs no scripts and loads nothing.
Nevertheless, only a few elements and attributes are allowed, so that the logo is also safe if it is shown in another
way. `themes.logo_export` makes such a document of the export of a design tool.
"""

import re
from base64 import b64encode
from xml.etree import ElementTree as ET

from haas.errors import HaasError

MAXIMUM_CHARACTERS = 16_384
MAXIMUM_DEPTH = 40  # of nested elements
SVG = "{http://www.w3.org/2000/svg}"
ELEMENTS = frozenset(
    [
        "svg",
        "g",
        "path",
        "circle",
        "ellipse",
        "rect",
        "line",
        "polyline",
        "polygon",
        "title",
        "desc",
        "defs",
        "linearGradient",
        "radialGradient",
        "stop",
        "text",
        "tspan",
        "clipPath",
        "mask",
    ]
)
ATTRIBUTES = frozenset(
    [
        "viewBox",
        "width",
        "height",
        "d",
        "cx",
        "cy",
        "r",
        "rx",
        "ry",
        "x",
        "y",
        "x1",
        "y1",
        "x2",
        "y2",
        "dx",
        "dy",
        "points",
        "fill",
        "fill-opacity",
        "fill-rule",
        "clip-rule",
        "clip-path",
        "clipPathUnits",
        "mask",
        "mask-type",
        "maskUnits",
        "maskContentUnits",
        "stroke",
        "stroke-width",
        "stroke-linecap",
        "stroke-linejoin",
        "stroke-miterlimit",
        "stroke-opacity",
        "stroke-dasharray",
        "stroke-dashoffset",
        "opacity",
        "transform",
        "id",
        "offset",
        "stop-color",
        "stop-opacity",
        "gradientUnits",
        "gradientTransform",
        "fx",
        "fy",
        "spreadMethod",
        "font-family",
        "font-size",
        "font-style",
        "font-weight",
        "letter-spacing",
        "text-anchor",
        "role",
        "aria-label",
    ]
)
# A reference may only refer to the same document.
FOREIGN_REFERENCE = re.compile(r"url\(\s*(?!#)|javascript:|data:|https?:|//", re.IGNORECASE)


class LogoError(HaasError):
    """The logo is not an SVG document that contains only a drawing. The message gives the reason."""


def sanitized(svg: str) -> str:
    """Return the drawing, parsed and serialised again. Raises LogoError if anything in it is not allowed."""
    if len(svg) > MAXIMUM_CHARACTERS:
        raise LogoError(f"the logo has {len(svg)} characters; {MAXIMUM_CHARACTERS} are allowed")
    if "<!" in svg.replace("<!--", "") or "<?" in svg.removeprefix("<?xml"):
        raise LogoError("the logo contains a document type, an entity or a processing instruction")
    try:
        root = ET.fromstring(svg)  # noqa: S314 - a document type was refused before, so no entity is defined
    except ET.ParseError as error:
        raise LogoError(f"the logo is not well-formed: {error}") from error
    if root.tag != f"{SVG}svg" or "viewBox" not in root.attrib:
        raise LogoError("the logo's root must be an <svg> of the SVG namespace with a viewBox")
    if _depth(root) > MAXIMUM_DEPTH:
        raise LogoError(f"the elements of the logo are nested more than {MAXIMUM_DEPTH} deep")
    for element in root.iter():
        _check(element)
    ET.register_namespace("", SVG[1:-1])
    return ET.tostring(root, encoding="unicode")


def data_uri(svg: str) -> str:
    """Return a sanitized drawing as the source of an `<img>`."""
    return "data:image/svg+xml;base64," + b64encode(svg.encode()).decode()


def _depth(root: ET.Element) -> int:
    depth, level = 0, [root]
    while level:
        depth, level = depth + 1, [child for element in level for child in element]
    return depth


def _check(element: ET.Element) -> None:
    name = element.tag.removeprefix(SVG)
    if name not in ELEMENTS:
        raise LogoError(f"the logo may not contain <{name}>")
    for attribute, value in element.attrib.items():
        if attribute not in ATTRIBUTES:
            raise LogoError(f"<{name}> of the logo may not have the attribute {attribute}")
        if FOREIGN_REFERENCE.search(value):
            raise LogoError(f"{attribute} of <{name}> in the logo refers to something outside the drawing")
