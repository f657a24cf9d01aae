"""Opaque tokens. Only the SHA-256 hash of a token is stored, so that no token can be read from these tables."""

from sqlalchemy import CheckConstraint, Column, ForeignKey, Index, LargeBinary, Table, Text

from haas.database.statement import SCHEMA_TOKEN
from tenants.schema_metadata import Moment, Uuid, tenant

access_token = Table(
    "access_token",
    tenant,
    Column("token_hash", LargeBinary, primary_key=True),
    Column("client_id", Text, ForeignKey(f"{SCHEMA_TOKEN}.client.client_id", ondelete="CASCADE"), nullable=False),
    # Null for the client_credentials grant: such a token is issued to the client itself, not for a consumer.
    Column("arrangement_id", Uuid, ForeignKey(f"{SCHEMA_TOKEN}.arrangement.id", ondelete="CASCADE")),
    Column("authorisation_id", Uuid, ForeignKey(f"{SCHEMA_TOKEN}.authorisation.id", ondelete="CASCADE")),
    Column("scope", Text, nullable=False),  # space-separated
    Column("certificate_thumbprint", LargeBinary, nullable=False),  # SHA-256 (RFC 8705 3.1)
    Column("issued_at", Moment, nullable=False),
    Column("expires_at", Moment, nullable=False),
    Column("revoked_at", Moment),
    CheckConstraint("(arrangement_id is null) = (authorisation_id is null)", name="arrangement"),
    Index(None, "arrangement_id"),
    Index(None, "client_id"),
    Index(None, "expires_at"),
)

refresh_token = Table(
    "refresh_token",
    tenant,
    Column("token_hash", LargeBinary, primary_key=True),
    Column("client_id", Text, ForeignKey(f"{SCHEMA_TOKEN}.client.client_id", ondelete="CASCADE"), nullable=False),
    Column("arrangement_id", Uuid, ForeignKey(f"{SCHEMA_TOKEN}.arrangement.id", ondelete="CASCADE"), nullable=False),
    Column(
        "authorisation_id", Uuid, ForeignKey(f"{SCHEMA_TOKEN}.authorisation.id", ondelete="CASCADE"), nullable=False
    ),
    Column("scope", Text, nullable=False),
    Column("issued_at", Moment, nullable=False),
    Column("expires_at", Moment, nullable=False),
    Column("revoked_at", Moment),
    Index(None, "arrangement_id"),
    Index(None, "client_id"),
)
