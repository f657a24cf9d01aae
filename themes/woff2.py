"""Checks that a file is a font in the form WOFF2, as far as this can be known without decompressing it.

Browsers check fonts again before they use them. This check finds a file of another kind, a font that is cut off, one
that lacks a table, and one that would need much memory, and says so when the theme is saved.
"""

import struct
from typing import Final

from haas.errors import HaasError
from themes.weight import MAXIMUM_FONT

MAXIMUM_UNPACKED: Final = 1_048_576
_HEADER: Final = struct.Struct(">4sIIHHIIHHIIIII")
_SIGNATURE: Final = b"wOF2"
_FLAVOURS: Final = (0x00010000, 0x4F54544F)  # TrueType outlines, and "OTTO" with those of PostScript
_ANY_TAG: Final = 63
_TAG_BITS: Final = 0x3F
_VERSION_SHIFT: Final = 6
_NULL_TRANSFORM_OF_GLYPHS: Final = 3
_GLYPH_TABLES: Final = frozenset({"glyf", "loca"})
_BASE128_BYTES: Final = 5
_KNOWN_TAGS: Final = (
    "cmap", "head", "hhea", "hmtx", "maxp", "name", "OS/2", "post", "cvt ", "fpgm", "glyf", "loca", "prep", "CFF ",
    "VORG", "EBDT", "EBLC", "gasp", "hdmx", "kern", "LTSH", "PCLT", "VDMX", "vhea", "vmtx", "BASE", "GDEF", "GPOS",
    "GSUB", "EBSC", "JSTF", "MATH", "CBDT", "CBLC", "COLR", "CPAL", "SVG ", "sbix", "acnt", "avar", "bdat", "bloc",
    "bsln", "cvar", "fdsc", "feat", "fmtx", "fvar", "gvar", "hsty", "just", "lcar", "mort", "morx", "opbd", "prop",
    "trak", "Zapf", "Silf", "Glat", "Gloc", "Feat", "Sill",
)  # fmt: skip
"""WOFF File Format 2.0, 4.1: the tags that a table directory names by number."""
_REQUIRED: Final = frozenset({"cmap", "head", "hhea", "hmtx", "maxp", "name", "OS/2", "post"})
_OUTLINES: Final = (_GLYPH_TABLES, frozenset({"CFF "}), frozenset({"CFF2"}))
_REFUSED: Final = frozenset({"SVG "})


class FontError(HaasError):
    """The file is not a font that a theme can have. The message gives the reason."""


def check_font(content: bytes) -> None:
    """Raise FontError unless the file is one font in the form WOFF2 (W3C, WOFF File Format 2.0)."""
    if len(content) > MAXIMUM_FONT:
        raise FontError(f"the font has {len(content)} bytes; {MAXIMUM_FONT} are allowed. Leave out scripts and weights")
    if len(content) < _HEADER.size or not content.startswith(_SIGNATURE):
        raise FontError("the file is not a font in the form WOFF2")
    _, flavour, length, tables, reserved, unpacked, packed, *_, meta_at, meta, _, private_at, private = _HEADER.unpack(
        content[: _HEADER.size]
    )
    if flavour not in _FLAVOURS or reserved or length != len(content):
        raise FontError("the font is a collection, is cut off, or has a header that is not that of WOFF2")
    try:
        found, end = _directory(content, tables)
    except (IndexError, UnicodeDecodeError) as error:
        raise FontError("the table directory of the font cannot be read") from error
    size = sum(found.values())
    if max(size, unpacked) > MAXIMUM_UNPACKED:
        raise FontError(f"the font has {max(size, unpacked)} bytes when unpacked; {MAXIMUM_UNPACKED} are allowed")
    if not packed or any(at + part > length for at, part in ((end, packed), (meta_at, meta), (private_at, private))):
        raise FontError("parts of the font are outside the file")
    missing = _REQUIRED - found.keys()
    if missing or not any(outlines <= found.keys() for outlines in _OUTLINES):
        raise FontError(f"the font lacks tables: {', '.join(sorted(missing)) or 'outlines of its characters'}")
    if refused := _REFUSED & found.keys():
        raise FontError(f"the font has documents in it (table {min(refused)}): export it without them")


def _directory(content: bytes, tables: int) -> tuple[dict[str, int], int]:
    """Return the unpacked size of each table, and where the directory ends."""
    found: dict[str, int] = {}
    at = _HEADER.size
    for _ in range(tables):
        flags, at = content[at], at + 1
        if flags & _TAG_BITS == _ANY_TAG:
            tag, at = content[at : at + 4].decode("ascii"), at + 4
        else:
            tag = _KNOWN_TAGS[flags & _TAG_BITS]
        size, at = _base128(content, at)
        null = _NULL_TRANSFORM_OF_GLYPHS if tag in _GLYPH_TABLES else 0
        if flags >> _VERSION_SHIFT != null:
            _, at = _base128(content, at)  # the size of the transformed table
        if tag in found:
            raise FontError(f"the font has the table {tag} twice")
        found[tag] = size
    return found, at


def _base128(content: bytes, at: int) -> tuple[int, int]:
    """Return a number of variable length (UIntBase128), and where it ends."""
    value = 0
    for count in range(_BASE128_BYTES):
        byte = content[at + count]
        if count == 0 and byte == 0x80:  # noqa: PLR2004 - a leading zero
            break
        value = value << 7 | byte & 0x7F
        if byte < 0x80:  # noqa: PLR2004 - the last byte has no high bit
            return value, at + count + 1
    raise FontError("the table directory of the font has a malformed number")
