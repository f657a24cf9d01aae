"""Text that a person enters for a record: one printable line of limited length."""

from typing import Final

from haas.errors import HaasError

MAXIMUM_LENGTH: Final = 500


class InvalidLine(HaasError):
    """A text is empty, too long, or not one printable line. The message names what it was for, not the text."""


def checked_line(text: str, what: str, maximum: int = MAXIMUM_LENGTH) -> str:
    """Return the text without white space around it. `what` names it in the message. Raise InvalidLine."""
    line = text.strip()
    if not line or not line.isprintable() or len(line) > maximum:
        raise InvalidLine(f"{what} must be one line of 1 to {maximum} characters")
    return line
