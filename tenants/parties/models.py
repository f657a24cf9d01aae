"""People who sign in, and the customers they act for."""

import unicodedata
from typing import Literal
from uuid import UUID

import msgspec

from tenants.data_language import CustomerKind

LONGEST_IDENTIFIER = 1_000
"""Characters; the identifiers of logins are much shorter. Normalising takes the square of a text's length."""
RepresentationRole = Literal["self", "nominated-representative", "attorney", "guardian"]


def canonical_identifier(text: str) -> str:
    """Return an identifier as logins keep it: composed, lower case, without spaces.

    People copy identifiers from bills and phones: "Jo@Example.test " and "1234 5678" are meant as they are found.
    A longer text than LONGEST_IDENTIFIER is nobody's and is returned as it is.
    """
    if len(text) > LONGEST_IDENTIFIER:
        return text
    return "".join(unicodedata.normalize("NFKC", text).casefold().split())


class Login(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody who can prove who they are, and where a one-time password reaches them."""

    id: UUID
    email: str | None
    mobile: str | None


class Customer(msgspec.Struct, frozen=True, kw_only=True):
    """A customer that a login acts for."""

    id: UUID
    kind: CustomerKind
    name: str
    own: bool
    """Whether the customer is the person who signs in, and not somebody they represent."""
