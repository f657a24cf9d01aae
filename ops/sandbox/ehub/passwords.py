"""The rules for passwords of AEMO's users (A-1; AEMO, user rights management)."""

from collections.abc import Sequence
from typing import Final

SHORTEST: Final = 8
LONGEST: Final = 128
CLASSES: Final = 3
_REFUSED: Final = " ,&"


def fault_of_password(password: str, username: str, previous: Sequence[str]) -> str | None:
    """Return why a new password is refused, or None. `previous` has the passwords that may not be used again."""
    classes = (
        any(character.islower() for character in password),
        any(character.isupper() for character in password),
        any(character.isdigit() for character in password),
        any(not character.isalnum() for character in password),
    )
    refused = (
        (not SHORTEST <= len(password) <= LONGEST, f"it must have {SHORTEST} to {LONGEST} characters"),
        (sum(classes) < CLASSES, "it must have three of: lower case, upper case, digits, other characters"),
        (any(character in _REFUSED for character in password), "it must have no space, comma or ampersand"),
        (password in previous, "it was used before"),
        (password.casefold() == username.casefold(), "it must not be the user's name"),
        ("password" in password.casefold(), "it must not contain the word password"),
    )
    return next((reason for is_refused, reason in refused if is_refused), None)
