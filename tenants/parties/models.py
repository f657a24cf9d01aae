"""Parties as the rest of the domain speaks of them."""

import unicodedata


def canonical_identifier(identifier: str) -> str:
    """Return the one way in which an identifier is kept and looked up: without regard to case, width or outer space."""
    return unicodedata.normalize("NFKC", identifier).strip().casefold()
