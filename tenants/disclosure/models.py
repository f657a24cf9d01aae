"""What an access token discloses."""

from uuid import UUID

import msgspec

from tenants.grants.models import AccessToken


class DataToken(AccessToken, frozen=True, kw_only=True):
    """An access token with the accounts of its arrangement that the customer holds today."""

    accounts: list[UUID] | None
    """The accounts that are disclosed now."""
    withheld: list[UUID] | None
    """The accounts of the arrangement that are not disclosed now."""


class Agent(msgspec.Struct, frozen=True):
    """The person who authorised an arrangement."""

    given_name: str | None
    family_name: str
