"""What an access token gives, as one row of the database tells it."""

from datetime import datetime
from uuid import UUID

import msgspec

from tenants.register.duties import ProductStatus, RecipientStatus


class Grant(msgspec.Struct, frozen=True, kw_only=True):
    """A token with its client, its arrangement and the accounts it reaches."""

    scope: str
    certificate_thumbprint: bytes
    expires_at: datetime
    revoked_at: datetime | None
    client_id: str
    software_id: str
    recipient_status: RecipientStatus
    product_status: ProductStatus
    client_removed_at: datetime | None
    # None for a token of client credentials:
    arrangement_id: UUID | None
    customer_id: UUID | None
    active_at: datetime | None
    ended_at: datetime | None
    sharing_ends_at: datetime | None
    is_authorisation_in_force: bool | None
    """False once an amendment has taken the place of what the token was issued for."""
    accounts: list[UUID] | None
    """The accounts that are disclosed now."""
    withheld: list[UUID] | None
    """The accounts of the arrangement that are not disclosed now."""

    @property
    def scopes(self) -> list[str]:
        """The scope values of the token."""
        return self.scope.split(" ")


class Agent(msgspec.Struct, frozen=True):
    """The person who authorised an arrangement."""

    given_name: str | None
    family_name: str


class Presented(msgspec.Struct, frozen=True, kw_only=True):
    """A request for data: what it presented, what it wants, and when."""

    token: str | None
    certificate_thumbprint: bytes
    scope: str
    now: datetime
