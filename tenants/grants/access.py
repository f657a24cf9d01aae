"""An access token that is presented with a request (RFC 6750; RFC 8705 3)."""

import hmac
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

import msgspec

from haas.database import Transaction
from haas.digest import digest
from tenants.clients.models import Registration
from tenants.grants import store
from tenants.grants.models import AccessToken
from tenants.grants.subject import sector
from tenants.oauth.checks import Check, run
from tenants.oauth.errors import InvalidToken
from tenants.register.duties import duties


class _Presented(msgspec.Struct, frozen=True, kw_only=True):
    row: Mapping[str, Any]
    thumbprint: bytes
    now: datetime


def _is_not_revoked(presented: _Presented) -> None:
    """Revoked with its refresh token, its arrangement or its client, or by itself."""
    row = presented.row
    if row["revoked_at"] is not None or row["ended_at"] is not None or row["removed_at"] is not None:
        raise InvalidToken("the access token was revoked")


def _has_not_expired(presented: _Presented) -> None:
    """`expires_in` is over, or the sharing is (CDS, Token Expiry)."""
    ends_at = presented.row["sharing_ends_at"]
    if presented.now >= presented.row["expires_at"] or (ends_at is not None and presented.now >= ends_at):
        raise InvalidToken("the access token has expired")


def _comes_with_its_certificate(presented: _Presented) -> None:
    """The client certificate is the one it was issued under (RFC 8705 3; CDS, Holder of Key Mechanism)."""
    if not hmac.compare_digest(presented.row["certificate_thumbprint"], presented.thumbprint):
        raise InvalidToken("the access token is bound to another client certificate")


CHECKS: Final[tuple[Check[_Presented], ...]] = (_is_not_revoked, _has_not_expired, _comes_with_its_certificate)


async def verify(tx: Transaction, token: str, *, thumbprint: bytes, now: datetime) -> AccessToken:
    """Return what an access token stands for. Raises InvalidToken."""
    row = await store.load_access_token(tx, digest(token))
    if row is None:
        raise InvalidToken("the access token is unknown")
    run(CHECKS, _Presented(row=row, thumbprint=thumbprint, now=now))
    registration = msgspec.convert(row["registration"], Registration)
    return AccessToken(
        client_id=row["client_id"],
        software_id=registration.software_id,
        sector=sector(registration),
        duties=duties(row["recipient_status"], row["product_status"]),
        scope=row["scope"],
        expires_at=row["expires_at"],
        arrangement_id=row["arrangement_id"],
        authorisation_id=row["authorisation_id"],
        customer_id=row["customer_id"],
        login_id=row["login_id"],
        claims=row["claims"],
    )
