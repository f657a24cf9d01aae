"""References that a person can read out to support, for the interaction id of a request."""

from hashlib import sha256
from typing import Final

_ALPHABET: Final = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"
"""Without characters that look alike: 0 and O, 1, I and L."""
_LENGTH: Final = 8


def reference_of(interaction_id: str) -> str:
    """Return a reference of eight characters. It is always the same for an interaction id, and does not contain it.

    There are 31^8 references, so two pages of one day hardly ever have the same one.
    """
    number = int.from_bytes(sha256(interaction_id.encode()).digest(), "big")
    characters = []
    for _ in range(_LENGTH):
        number, index = divmod(number, len(_ALPHABET))
        characters.append(_ALPHABET[index])
    return "".join(characters)
