"""The stored form of a day's values: a few hundred bytes for 288 values.

The first byte is FORMAT, and the rest is compressed with zlib, whose checksum shows damage. Uncompressed, it has:

- one byte with the width: the number of bytes of a value, which is the smallest of 1, 2, 4 and 8 that fits all of them;
- the values as signed little-endian integers, with their bytes in the order of significance: first the lowest byte of
  every value, then the next byte of every value. High bytes are similar to each other, and compress better together.

Decision 0027 has the measurements.
"""

import struct
import zlib
from collections.abc import Sequence
from typing import Final

from tenants.usage.errors import DamagedValues

FORMAT: Final = 1
_TYPE_CODES: Final = {1: "b", 2: "h", 4: "i", 8: "q"}
"""The type codes of `struct` by width."""
_LEVEL: Final = 6
_WINDOW_BITS: Final = 12
"""4 KiB, more than 288 values of 8 bytes. With zlib's default of 32 KiB, most of the time is spent on empty memory."""
_MEMORY_LEVEL: Final = 5


def pack_values(values: Sequence[int]) -> bytes:
    """Return the stored form of one value or more. Raises OverflowError if a value does not fit into 64 bits."""
    bits = 1 + max((~min(*values, -1)).bit_length(), max(*values, 0).bit_length())
    width = next((width for width in _TYPE_CODES if bits <= 8 * width), 0)
    if not width:
        raise OverflowError(f"a value needs {bits} bits")
    content = struct.pack(f"<{len(values)}{_TYPE_CODES[width]}", *values)
    deflate = zlib.compressobj(_LEVEL, zlib.DEFLATED, _WINDOW_BITS, _MEMORY_LEVEL)
    planes = b"".join(content[place::width] for place in range(width))
    return bytes([FORMAT]) + deflate.compress(bytes([width]) + planes) + deflate.flush()


def unpack_values(packed: bytes, count: int) -> tuple[int, ...]:
    """Return the `count` values of a stored form. Raises DamagedValues."""
    if packed[:1] != bytes([FORMAT]):
        raise DamagedValues(f"expected format {FORMAT}, found {packed[0] if packed else 'no bytes'}")
    inflate = zlib.decompressobj()
    try:
        # The limit protects the memory from bytes that decompress to much more than a day.
        content = inflate.decompress(packed[1:], 1 + count * max(_TYPE_CODES) + 1)
    except zlib.error as error:
        raise DamagedValues(f"the compressed values cannot be read: {error}") from error
    if not inflate.eof or inflate.unused_data:
        raise DamagedValues("the compressed values do not end where the bytes end")
    width = content[0] if content else 0
    if width not in _TYPE_CODES or len(content) != 1 + count * width:
        raise DamagedValues(f"expected {count} values, found {len(content)} bytes for values of {width} bytes")
    ordered = bytearray(count * width)
    for place in range(width):
        ordered[place::width] = content[1 + place * count : 1 + (place + 1) * count]
    return struct.unpack(f"<{count}{_TYPE_CODES[width]}", ordered)
