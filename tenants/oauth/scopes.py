"""The scopes that an energy data holder supports (CDS, Authorisation Scopes)."""

from collections.abc import Iterable
from typing import Final

OPENID: Final = "openid"
PROFILE: Final = "profile"
REGISTRATION: Final = "cdr:registration"
METRICS: Final = "admin:metrics.basic:read"
METADATA_UPDATE: Final = "admin:metadata:update"

DATA_SCOPES: Final = (
    "common:customer.basic:read",
    "common:customer.detail:read",
    "energy:electricity.servicepoints.basic:read",
    "energy:electricity.servicepoints.detail:read",
    "energy:electricity.usage:read",
    "energy:electricity.der:read",
    "energy:accounts.basic:read",
    "energy:accounts.detail:read",
    "energy:accounts.paymentschedule:read",
    "energy:accounts.concessions:read",
    "energy:billing:read",
)
CONSUMER_SCOPES: Final = (OPENID, PROFILE, *DATA_SCOPES)
"""The scopes that a consumer can authorise."""

RECIPIENT_SCOPES: Final = (*CONSUMER_SCOPES, REGISTRATION)
"""The scopes that a software product can register."""

ADMIN_SCOPES: Final = (METRICS, METADATA_UPDATE)
"""The scopes that only the CDR Register may request. No token contains them together with a data scope."""

SUPPORTED: Final = (*RECIPIENT_SCOPES, *ADMIN_SCOPES)


def split(scope: str) -> tuple[str, ...]:
    """Return the values of a space-separated scope string, in the same order, without duplicates (RFC 6749 3.3)."""
    return tuple(dict.fromkeys(scope.split()))


def join(scopes: Iterable[str]) -> str:
    """Return the scope values as one space-separated string."""
    return " ".join(scopes)
