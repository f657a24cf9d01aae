"""What keeps a text message short. Gateways refuse long ones, and then a person is not told.

A phone gets a long message in parts, of 153 characters, or of 67 if one of them is not in the alphabet of GSM (3GPP TS
23.038). Ten parts is a common limit. Names are shortened with three full stops, because the ellipsis is not in that
alphabet.
"""

from collections.abc import Sequence
from typing import Final

from haas.language import comma_list, ngettext

LONGEST_TEXT_MESSAGE: Final = 670
"""In characters: ten parts, whatever the alphabet is."""
LONGEST_NAME: Final = 60
"""In characters. A Register can publish longer names of recipients and of software products."""
LONGEST_ACCOUNT_NAME: Final = 50
MOST_ACCOUNTS: Final = 2
"""How many accounts are named before the others are counted. A third is named, as that takes as much place."""
_CUT: Final = "..."


def short_name(name: str) -> str:
    """Return the name of a brand, a recipient or a software product for a text message."""
    return name if len(name) <= LONGEST_NAME else name[: LONGEST_NAME - len(_CUT)].rstrip() + _CUT


def short_account_name(name: str) -> str:
    """Return the name of an account for a text message, with its end, which tells it from others with the same name."""
    if len(name) <= LONGEST_ACCOUNT_NAME:
        return name
    kept = LONGEST_ACCOUNT_NAME - len(_CUT)
    return name[: kept // 2].rstrip() + _CUT + name[-(kept - kept // 2) :].lstrip()


def short_account_list(names: Sequence[str]) -> str:
    """Return "Home, Farm, Shop", or "Home, Farm and 25 more accounts"."""
    left = len(names) - MOST_ACCOUNTS
    if left <= 1:
        return comma_list([short_account_name(name) for name in names])
    named = comma_list([short_account_name(name) for name in names[:MOST_ACCOUNTS]])
    return ngettext("{names} and {number} more account", "{names} and {number} more accounts", left, names=named)
