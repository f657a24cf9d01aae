"""The scopes of an energy data holder, and which of them this server supports (CDS, Authorisation Scopes).

A data scope or an administrative scope is supported while at least one operation that needs it is served. The endpoint
table says which operations are served, and it is the only place that says so: the functions read it at each call.
Discovery, registration and consent offer the supported scopes only (decision 0021).
"""

from collections.abc import Iterable
from typing import Final

from tenants.operations import endpoints

OPENID: Final = "openid"
PROFILE: Final = "profile"
REGISTRATION: Final = "cdr:registration"
METRICS: Final = "admin:metrics.basic:read"
METADATA_UPDATE: Final = "admin:metadata:update"

DATA_SCOPES: Final = (
    "energy:electricity.servicepoints.basic:read",
    "energy:electricity.servicepoints.detail:read",
    "energy:electricity.usage:read",
    "energy:electricity.der:read",
    "energy:accounts.basic:read",
    "energy:accounts.detail:read",
    "energy:accounts.paymentschedule:read",
    "energy:accounts.concessions:read",
    "energy:billing:read",
    "common:customer.basic:read",
    "common:customer.detail:read",
)
"""The scopes for the data of the energy sector, in the order of the standards (CDS, Authorisation Scopes, CDR Data)."""

ADMIN_SCOPES: Final = (METRICS, METADATA_UPDATE)
"""The scopes that only the CDR Register may request. No token contains them together with a data scope."""


def served_data_scopes() -> tuple[str, ...]:
    """Return the data scopes that a served operation needs, in the order of the standards."""
    return _served(DATA_SCOPES)


def consumer_scopes() -> tuple[str, ...]:
    """Return what a consumer can authorise; `openid` and `profile` "MUST be supported" (CDS, OIDC Scopes)."""
    return (OPENID, PROFILE, *served_data_scopes())


def recipient_scopes() -> tuple[str, ...]:
    """Return the scopes that a software product can register."""
    return (*consumer_scopes(), REGISTRATION)


def supported() -> tuple[str, ...]:
    """Return every supported scope, for `scopes_supported` of discovery (OIDC Discovery 3)."""
    return (*recipient_scopes(), *_served(ADMIN_SCOPES))


def split(scope: str) -> tuple[str, ...]:
    """Return the values of a space-separated scope string, in the same order, without duplicates (RFC 6749 3.3)."""
    return tuple(dict.fromkeys(scope.split()))


def join(scopes: Iterable[str]) -> str:
    """Return the scope values as one space-separated string."""
    return " ".join(scopes)


def _served(scopes: Iterable[str]) -> tuple[str, ...]:
    needed = endpoints.scopes_of_served_operations()
    return tuple(scope for scope in scopes if scope in needed)
