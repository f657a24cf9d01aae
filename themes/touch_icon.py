"""The icon that a phone shows on its home screen: a square PNG picture, without anything but the picture."""

import struct
import zlib
from collections.abc import Iterator
from typing import Final

from haas.errors import HaasError

MAXIMUM_ICON: Final = 32_768
SIDES: Final = range(180, 513)
_SIGNATURE: Final = b"\x89PNG\r\n\x1a\n"
_KEPT: Final = (b"IHDR", b"PLTE", b"tRNS", b"sRGB", b"gAMA", b"IDAT", b"IEND")
_SAMPLES: Final = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}  # of a pixel, by colour type
_DEPTHS: Final = {0: (1, 2, 4, 8, 16), 2: (8, 16), 3: (1, 2, 4, 8), 4: (8, 16), 6: (8, 16)}
_PALETTE: Final = 3


class IconError(HaasError):
    """The file is not a picture that can be a touch icon. The message gives the reason."""


def clean_icon(content: bytes) -> bytes:
    """Return the picture without comments, times and places. Raise IconError unless it is a whole, square PNG."""
    if len(content) > MAXIMUM_ICON:
        raise IconError(f"the touch icon has {len(content)} bytes; {MAXIMUM_ICON} are allowed")
    if not content.startswith(_SIGNATURE):
        raise IconError("the touch icon must be a PNG file")
    chunks = [(kind, data) for kind, data in _chunks(content) if kind in _KEPT]
    kinds = [kind for kind, _ in chunks]
    if len(chunks) < 3 or kinds[0] != b"IHDR" or kinds[-1] != b"IEND" or kinds.count(b"IHDR") > 1:  # noqa: PLR2004
        raise IconError("the touch icon is cut off")
    _check_picture(chunks)
    return _SIGNATURE + b"".join(_chunk(kind, data) for kind, data in chunks)


def _chunks(content: bytes) -> Iterator[tuple[bytes, bytes]]:
    at = len(_SIGNATURE)
    while at < len(content):
        if len(content) < at + 12:
            raise IconError("the touch icon is cut off")
        size, kind = struct.unpack_from(">I4s", content, at)
        data, check = content[at + 8 : at + 8 + size], content[at + 8 + size : at + 12 + size]
        if check != struct.pack(">I", zlib.crc32(kind + data)):
            raise IconError("the touch icon is damaged: a checksum is wrong")
        yield kind, data
        at += 12 + size


def _check_picture(chunks: list[tuple[bytes, bytes]]) -> None:
    header = chunks[0][1]
    if len(header) != 13:  # noqa: PLR2004 - PNG 11.2.2
        raise IconError("the touch icon has a header that is not that of PNG")
    width, height, depth, colour, compression, filtering, interlaced = struct.unpack(">IIBBBBB", header)
    if width != height or width not in SIDES:
        raise IconError(
            f"the touch icon must be square, {SIDES[0]} to {SIDES[-1]} pixels on each side; it has {width} by {height}"
        )
    if depth not in _DEPTHS.get(colour, ()) or compression or filtering or interlaced:
        raise IconError("the touch icon must be a PNG that is not interlaced, with a usual depth of colours")
    if colour == _PALETTE and not any(kind == b"PLTE" for kind, _ in chunks):
        raise IconError("the touch icon has no palette")
    expected = height * (1 + -(-width * depth * _SAMPLES[colour] // 8))
    unpacking = zlib.decompressobj()
    try:
        pixels = unpacking.decompress(b"".join(data for kind, data in chunks if kind == b"IDAT"), expected + 1)
    except zlib.error as error:
        raise IconError("the touch icon is damaged: its pixels cannot be unpacked") from error
    if len(pixels) != expected or not unpacking.eof:
        raise IconError("the touch icon is damaged: it has too many or too few pixels")


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
