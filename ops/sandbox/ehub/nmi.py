"""NMIs: ten characters, and a checksum that is often written behind them."""

import re
from typing import Final

NMI_LENGTH: Final = 10
_WRITTEN: Final = re.compile(r"[A-HJ-NP-Z0-9]{10}[0-9]?")


def canonical_nmi(text: str) -> str | None:
    """Return the ten characters of an NMI that may have a checksum, or None when `text` is no NMI.

    The checksum is not verified: retailers' systems have NMIs with wrong ones. NMIs do not contain the letters I and O.
    """
    written = text.strip().upper()
    return written[:NMI_LENGTH] if _WRITTEN.fullmatch(written) else None


def with_checksum(nmi: str) -> str:
    """Return the NMI with its checksum (AEMO, *National Metering Identifier Procedure*, NMI checksum).

    From the right, every second character code is doubled, beginning with the last one. The checksum completes the sum
    of all decimal digits of these numbers to a multiple of ten.
    """
    codes = [ord(character) * (2 if place % 2 == 0 else 1) for place, character in enumerate(reversed(nmi))]
    total = sum(int(digit) for code in codes for digit in str(code))
    return f"{nmi}{-total % 10}"
