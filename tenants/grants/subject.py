"""Pairwise subject identifiers (OIDC Core 8; CDS, Identifiers and Subject Types)."""

import hmac
from typing import Final
from urllib.parse import urlsplit
from uuid import UUID

_SECTOR_HOST: Final = "sector"
_SOFTWARE: Final = "software"


def sector(sector_identifier_uri: str | None, software_id: str) -> str:
    """Return the sector for which the subjects of a client are derived.

    It is "the host component of the Sector Identifier URL" where the client has registered one. Every other client has
    a sector of its own. That sector is identified by the software_id and not by the client_id, so that subjects stay
    the same after a new registration.
    """
    if sector_identifier_uri is not None:
        return f"{_SECTOR_HOST}:{urlsplit(sector_identifier_uri).hostname}"
    return f"{_SOFTWARE}:{software_id}"


def pairwise_subject(key: bytes, sector_name: str, customer_id: UUID) -> str:
    """Return a customer's `sub` in a sector, in the form of a version 4 UUID.

    It is always the same for the same customer and sector. Nobody without the tenant's key can link the subjects of two
    sectors.

    "It is RECOMMENDED that the sub value is generated as a version 4 UUID" (CDS, sub claim).
    """
    mac = hmac.digest(key, b"\0".join((b"sub", sector_name.encode(), customer_id.bytes)), "sha256")
    return str(UUID(bytes=mac[:16], version=4))
