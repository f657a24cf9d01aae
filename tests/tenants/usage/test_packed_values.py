"""The stored form of a day's values."""

import zlib

import pytest

from tenants.usage.errors import DamagedValues
from tenants.usage.packed_values import pack_values, unpack_values

DAY = [3 * number % 200 for number in range(288)]


def content(packed: bytes) -> bytes:
    return zlib.decompress(packed[1:])


@pytest.mark.parametrize(
    ("lowest", "highest", "width"),
    [
        (0, 127, 1),
        (-128, -128, 1),
        (-128, 127, 1),
        (0, 128, 2),
        (-129, 0, 2),
        (-(2**15), 2**15 - 1, 2),
        (0, 2**15, 4),
        (-(2**31), 2**31 - 1, 4),
        (-(2**31) - 1, 0, 8),
        (-(2**63), 2**63 - 1, 8),
    ],
)
def test_values_have_the_smallest_width_that_fits_all_of_them(lowest: int, highest: int, width: int) -> None:
    packed = pack_values([lowest, highest, 0 if lowest <= 0 <= highest else lowest])
    assert content(packed)[0] == width
    assert len(content(packed)) == 1 + 3 * width
    assert unpack_values(packed, 3)[:2] == (lowest, highest)


def test_the_stored_form_is_the_same_on_every_machine_and_in_every_release() -> None:
    """Little-endian bytes, the lowest of every value first. Stored rows are read with this."""
    packed = pack_values([1, -2, 300])
    assert packed[0] == 1
    assert content(packed) == bytes([2, 0x01, 0xFE, 0x2C, 0x00, 0xFF, 0x01])
    assert unpack_values(bytes([1]) + zlib.compress(bytes([2, 0x01, 0xFE, 0x2C, 0x00, 0xFF, 0x01])), 3) == (1, -2, 300)


def test_a_day_of_five_minutes_is_small() -> None:
    assert len(pack_values([0] * 288)) < 20
    assert len(pack_values(DAY)) < 288


@pytest.mark.parametrize("value", [2**63, -(2**63) - 1])
def test_a_value_of_more_than_64_bits_is_refused(value: int) -> None:
    with pytest.raises(OverflowError):
        pack_values([value])


@pytest.mark.parametrize(
    ("packed", "message"),
    [
        (b"", "expected format 1, found no bytes"),
        (b"\x02" + pack_values(DAY)[1:], "expected format 1, found 2"),
        (b"\x01", "do not end where the bytes end"),
        (b"\x01not zlib", "cannot be read: .*incorrect header check"),
        (pack_values(DAY)[:-1], "do not end where the bytes end"),
        (pack_values(DAY) + b"\0", "do not end where the bytes end"),
        (pack_values(DAY[:-1]), "expected 288 values, found 575 bytes for values of 2 bytes"),
        (b"\x01" + zlib.compress(bytes([3]) + bytes(3 * 288)), "expected 288 values, found 865 bytes for values of 3"),
        (b"\x01" + zlib.compress(b""), "expected 288 values, found 0 bytes"),
    ],
)
def test_damaged_bytes_are_refused(packed: bytes, message: str) -> None:
    with pytest.raises(DamagedValues, match=message):
        unpack_values(packed, 288)


def test_bytes_that_unpack_to_very_many_are_refused() -> None:
    with pytest.raises(DamagedValues, match="do not end where the bytes end"):
        unpack_values(b"\x01" + zlib.compress(bytes(50_000_000)), 288)


def test_no_changed_byte_gives_other_values() -> None:
    """The checksum shows the damage. Only a byte that means nothing for the values can change unseen."""
    values = tuple(DAY)
    packed = pack_values(values)
    unseen = 0
    for position in range(len(packed)):
        for change in (0x01, 0x10, 0x80, 0xFF):
            damaged = bytearray(packed)
            damaged[position] ^= change
            try:
                assert unpack_values(bytes(damaged), len(values)) == values
                unseen += 1
            except DamagedValues:
                pass
    assert unseen <= 8
