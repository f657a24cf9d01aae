"""People who sign in, and the customers they may act for."""

import unicodedata
from typing import Literal
from uuid import UUID

import msgspec

from tenants.data_language import CustomerKind

RepresentationRole = Literal["self", "nominated-representative", "attorney", "guardian"]


def canonical_identifier(text: str) -> str:
    """Return the form in which identifiers are stored: Unicode NFKC, case-folded, without white space.

    People type or copy identifiers in other forms, such as "Jo@Example.test " or "1234 5678".
    """
    return "".join(unicodedata.normalize("NFKC", text).casefold().split())


class Login(msgspec.Struct, frozen=True, kw_only=True):
    """A person who can sign in, with the contacts to which one-time passwords are sent."""

    id: UUID
    email: str | None
    mobile: str | None


class Customer(msgspec.Struct, frozen=True, kw_only=True):
    """A customer for whom a login may act."""

    id: UUID
    kind: CustomerKind
    name: str
    is_self: bool
    """Whether the customer is the person who signs in, not another person or an organisation that they represent."""
