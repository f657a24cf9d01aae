"""Marks by which a browser is recognised in which a person has signed in with an identifier before.

A known browser has budgets of its own (`tenants.authentication.budgets`), so that strangers who guess cannot lock the
person out. A mark does not authenticate anybody: the person must enter a code as before.

The value of the cookie is up to MARKS marks, the newest first, separated by full stops. A mark is the time at which it
expires, and a MAC of this time and of the identifier. It does not contain the identifier.
"""

import hmac
from datetime import datetime
from hashlib import sha256
from typing import Final

from haas.clock import epoch
from tenants.authentication.limits import KNOWN_BROWSER_LIFETIME

MARKS: Final = 4
"""How many identifiers a browser can be known for. Few people have more than one at a brand."""
_SEPARATOR: Final = "."
_TIME_DIGITS: Final = 11
_MAC_DIGITS: Final = 32
_LONGEST: Final = MARKS * (_TIME_DIGITS + _MAC_DIGITS + 1)


def is_known(key: bytes, identifier_hash: bytes, cookie: str, now: datetime) -> bool:
    """Return whether the cookie has a mark for this identifier that has not expired."""
    return any(_is_for(key, identifier_hash, mark, now) for mark in _marks(cookie))


def with_mark(key: bytes, identifier_hash: bytes, cookie: str, now: datetime) -> str:
    """Return the value of the cookie after a sign-in with this identifier."""
    others = [mark for mark in _marks(cookie) if not _is_for(key, identifier_hash, mark, now)]
    return _SEPARATOR.join([_mark(key, identifier_hash, epoch(now + KNOWN_BROWSER_LIFETIME)), *others][:MARKS])


def _marks(cookie: str) -> list[str]:
    if len(cookie) > _LONGEST or not cookie.isascii():
        return []
    marks = cookie.split(_SEPARATOR)[:MARKS]
    return [mark for mark in marks if len(mark) == _TIME_DIGITS + _MAC_DIGITS and mark[:_TIME_DIGITS].isdigit()]


def _is_for(key: bytes, identifier_hash: bytes, mark: str, now: datetime) -> bool:
    expires = int(mark[:_TIME_DIGITS])
    return hmac.compare_digest(mark, _mark(key, identifier_hash, expires)) and epoch(now) < expires


def _mark(key: bytes, identifier_hash: bytes, expires: int) -> str:
    time = f"{expires:0{_TIME_DIGITS}d}"
    mac = hmac.digest(key, b"known browser\0" + time.encode() + identifier_hash, sha256)
    return time + mac.hex()[:_MAC_DIGITS]
