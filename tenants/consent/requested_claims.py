"""The members of the `claims` parameter that are used (OIDC Core 5.5; CDS, Request Object)."""

from typing import Any

import msgspec

from tenants.oauth.claims import MAXIMUM_SHARING_DURATION


class RequestedClaim(msgspec.Struct, frozen=True, kw_only=True):
    """The request for one claim (OIDC Core 5.5.1)."""

    essential: bool = False
    value: Any = None
    values: list[Any] | None = None

    @property
    def requested_values(self) -> tuple[str, ...]:
        """The values that the client accepts; empty if it accepts any."""
        asked = [] if self.value is None else [self.value]
        return tuple(str(value) for value in (*asked, *(self.values or ())))


class RequestedClaims(msgspec.Struct, frozen=True, kw_only=True):
    """The members that are read; "other OIDC Standard Claims MUST be ignored and not authorised" (CDS, Claims)."""

    sharing_duration: int | float | None = None
    cdr_arrangement_id: str | None = None
    id_token: dict[str, RequestedClaim | None] | None = None
    userinfo: dict[str, RequestedClaim | None] | None = None

    @property
    def capped_sharing_duration(self) -> int:
        """The sharing duration in seconds; "if it exceeds one year then one year will be assumed" (CDS)."""
        return min(int(self.sharing_duration or 0), MAXIMUM_SHARING_DURATION)

    @property
    def essential_acr(self) -> tuple[str, ...] | None:
        """The levels of assurance, one of which the client requires; None if it requires none (OIDC Core 5.5.1.1)."""
        acr = (self.id_token or {}).get("acr")
        return acr.requested_values or None if acr is not None and acr.essential else None
