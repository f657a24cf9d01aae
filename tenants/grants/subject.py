"""Pairwise subject identifiers (OIDC Core 8; CDS, Identifiers and Subject Types)."""

import hmac
from typing import Final
from urllib.parse import urlsplit
from uuid import UUID

_SECTOR_HOST: Final = "sector"
_SOFTWARE: Final = "software"


def sector(sector_identifier_uri: str | None, software_id: str) -> str:
    """Return what the subjects of a client are made for: "the host component of the Sector Identifier URL".

    A client that registered no sector_identifier_uri is a sector of its own, by its software product and not by its
    client_id, so that a subject survives a new registration.
    """
    if sector_identifier_uri is not None:
        return f"{_SECTOR_HOST}:{urlsplit(sector_identifier_uri).hostname}"
    return f"{_SOFTWARE}:{software_id}"


def pairwise_subject(key: bytes, sector_name: str, customer_id: UUID) -> str:
    """Return a customer's `sub` in a sector: stable, unlinkable without the tenant's key, in the form of a UUID 4.

    "It is RECOMMENDED that the sub value is generated as a version 4 UUID" (CDS, sub claim).
    """
    mac = hmac.digest(key, b"\0".join((b"sub", sector_name.encode(), customer_id.bytes)), "sha256")
    return str(UUID(bytes=mac[:16], version=4))
