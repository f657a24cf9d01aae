"""Registered clients and their metadata."""

from datetime import datetime
from typing import Final, Literal

import msgspec

from haas.jose import Algorithm
from tenants.oauth import scopes
from tenants.register.duties import Duties, ProductStatus, RecipientStatus, duties

ClientKind = Literal["software-product", "register"]
DEFAULT_CONTENT_ENCRYPTION: Final = "A128CBC-HS256"
"""The `enc` of a client that registers only authorization_encrypted_response_alg (CDS, Registration Request)."""


class Registration(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The metadata of a client, with the names of the standards (CDS, DCR APIs, RegistrationProperties).

    The members up to `scope` come from the software statement, the others from the registration request.
    """

    client_name: str
    client_description: str
    client_uri: str
    legal_entity_id: str | None = None
    legal_entity_name: str | None = None
    org_id: str
    org_name: str
    sector_identifier_uri: str | None = None
    logo_uri: str
    tos_uri: str | None = None
    policy_uri: str | None = None
    jwks_uri: str
    revocation_uri: str | None = None
    recipient_base_uri: str | None = None
    software_id: str
    software_roles: str | None = None
    scope: str
    redirect_uris: tuple[str, ...]
    token_endpoint_auth_method: str
    token_endpoint_auth_signing_alg: Algorithm
    grant_types: tuple[str, ...]
    response_types: tuple[str, ...]
    application_type: str | None = None
    id_token_signed_response_alg: Algorithm
    authorization_signed_response_alg: Algorithm
    authorization_encrypted_response_alg: str | None = None
    authorization_encrypted_response_enc: str | None = None
    request_object_signing_alg: Algorithm
    software_statement: str

    @property
    def scopes(self) -> tuple[str, ...]:
        """The registered scopes."""
        return scopes.split(self.scope)

    @property
    def supported_scopes(self) -> tuple[str, ...]:
        """The registered scopes of a software product that are supported now.

        A registration that is older than the present endpoint table can contain others, which the client cannot use.
        """
        supported = scopes.recipient_scopes()
        return tuple(scope for scope in self.scopes if scope in supported)

    def usable_scopes(self, granted: str) -> str:
        """Return a granted scope string without the scopes that the client has removed from its registration.

        The registered scopes are those "that the client can use when requesting access tokens" (CDS, SSA Definition).
        A scope that is not supported now is kept: it is missing in the registration for that reason, and the client has
        not removed it (decision 0021).
        """
        values = scopes.split(granted)
        not_registered = set(values).difference(self.scopes)
        if not_registered:  # which scopes are supported is computed from the table of operations, and only if needed
            removed = not_registered.intersection(scopes.recipient_scopes())
            values = tuple(scope for scope in values if scope not in removed)
        return scopes.join(values)


class Client(msgspec.Struct, frozen=True, kw_only=True):
    """A client of a tenant, as stored."""

    client_id: str
    kind: ClientKind
    registration: Registration
    recipient_id: str
    recipient_status: RecipientStatus
    product_status: ProductStatus
    created_at: datetime

    @property
    def software_id(self) -> str:
        """The id of the software product in the CDR Register. It is the same in each registration of the product."""
        return self.registration.software_id

    @property
    def duties(self) -> Duties:
        """What the data holder must do for this client in its current statuses (CDS, Participant Statuses)."""
        return duties(self.recipient_status, self.product_status)
