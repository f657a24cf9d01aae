"""The data that an access token discloses."""

from uuid import UUID

import msgspec

from tenants.grants.models import AccessToken


class DataAccessToken(AccessToken, frozen=True, kw_only=True):
    """An access token with those accounts of its arrangement that the customer holds today."""

    accounts: list[UUID] | None
    """The accounts whose data is disclosed now."""
    withheld: list[UUID] | None
    """The accounts of the arrangement whose data is not disclosed now."""


class Agent(msgspec.Struct, frozen=True):
    """The person who authorised an arrangement."""

    given_name: str | None
    family_name: str
