"""The software statement assertion (SSA): data of a software product, signed by the CDR Register (CDS)."""

import re
import unicodedata
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Final

import msgspec

from haas.jose import JoseError, PublicKeys, check_times, verify
from haas.outbound import OutboundError, https_url
from haas.steps import Step
from tenants.oauth.errors import InvalidRedirectUri, InvalidSoftwareStatement, UnapprovedSoftwareStatement
from tenants.parties.models import plain_text

REGISTER: Final = "cdr-register"
ROLE: Final = "data-recipient-software-product"
ALGORITHM: Final = "PS256"  # "SSAs are signed by the CDR Register using PS256"
_HTTPS: Final = re.compile(
    r"https://[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?(:[0-9]{1,5})?([/?#][A-Za-z0-9\-._~:/?#\[\]@!$&'()*+,;=%]*)?"
)
_JOINERS: Final = "\N{ZERO WIDTH JOINER}\N{ZERO WIDTH NON-JOINER}"
NO_MAXIMUM_LIFETIME: Final = timedelta(days=36_500)
"""The Register issues statements for ten minutes, but the standards set no maximum that a holder must check."""


class SoftwareStatement(msgspec.Struct, frozen=True, kw_only=True):
    """The claims of a software statement that a holder uses. Required claims have no default."""

    iss: str
    iat: int | float
    exp: int | float
    jti: str
    client_name: str
    client_description: str
    client_uri: str
    legal_entity_id: str | None = None
    legal_entity_name: str | None = None
    org_id: str
    org_name: str
    redirect_uris: tuple[str, ...]
    sector_identifier_uri: str | None = None
    logo_uri: str
    tos_uri: str | None = None
    policy_uri: str | None = None
    jwks_uri: str
    revocation_uri: str
    recipient_base_uri: str
    software_id: str
    software_roles: str
    scope: str

    @property
    def recipient_id(self) -> str:
        """The legal entity id, by which the Register publishes the status of the recipient."""
        return self.legal_entity_id or self.org_id


def is_issued_by_the_register(statement: SoftwareStatement) -> None:
    """`iss` is `cdr-register` (CDS, SSA Definition)."""
    if statement.iss != REGISTER:
        raise InvalidSoftwareStatement("iss of the software statement must be cdr-register")


def is_for_a_recipient(statement: SoftwareStatement) -> None:
    """`software_roles` is `data-recipient-software-product` (CDS, SSA Definition)."""
    if statement.software_roles != ROLE:
        raise UnapprovedSoftwareStatement(f"software_roles must be {ROLE}")


def names_can_be_shown(statement: SoftwareStatement) -> None:
    """The names, which pages show to the person, are visible, and contain no line end or mark for the text direction.

    A person must be able to see with whom they share data. Characters that join others, as in Indic scripts, are
    allowed.
    """
    for name in ("client_name", "org_name", "legal_entity_name"):
        value = getattr(statement, name)
        if value is not None and not _can_be_shown(value):
            raise InvalidSoftwareStatement(f"{name} of the software statement cannot be shown")


def addresses_are_https(statement: SoftwareStatement) -> None:
    """Every URI that the data holder fetches or calls is https, with a valid host name (CDS, Use of TLS)."""
    for name in ("jwks_uri", "sector_identifier_uri", "revocation_uri", "recipient_base_uri"):
        value = getattr(statement, name)
        if value is not None and not _can_be_requested(value):
            raise InvalidSoftwareStatement(f"{name} of the software statement must be an https URI")


def redirect_uris_are_https(statement: SoftwareStatement) -> None:
    """Redirection URIs are https, absolute, and without a fragment (FAPI 1.0 Baseline 5.2.2-20; RFC 6749 3.1.2)."""
    if not statement.redirect_uris:
        raise InvalidRedirectUri("the software statement has no redirect_uris")
    if not all(is_https(uri) and "#" not in uri for uri in statement.redirect_uris):
        raise InvalidRedirectUri("redirect_uris must be https URIs without a fragment")


CHECKS: Final[tuple[Step[SoftwareStatement], ...]] = (
    is_issued_by_the_register,
    is_for_a_recipient,
    names_can_be_shown,
    addresses_are_https,
    redirect_uris_are_https,
)


def verify_signature(token: str, register_keys: PublicKeys, now: datetime) -> SoftwareStatement:
    """Return the statement if its signature and times are valid. Raise InvalidSoftwareStatement.

    "SSA JWT signatures MUST be verified against the associated JWK published at the CDR Register JWKS endpoint" (CDS).
    """
    try:
        claims = verify(token, register_keys, algorithms=(ALGORITHM,)).claims
        check_times(claims, now, longest=NO_MAXIMUM_LIFETIME)
        return msgspec.convert(claims, SoftwareStatement)
    except (JoseError, msgspec.ValidationError) as error:
        raise InvalidSoftwareStatement(f"the software statement is invalid: {error}") from error


def is_https(uri: str) -> bool:
    """Return whether `uri` is an absolute https URI with a host name and without credentials (RFC 3986).

    This server writes the URI into one HTTP header and its origin into another. So characters that have a meaning in
    headers are refused.
    """
    return _HTTPS.fullmatch(uri) is not None


def _can_be_shown(name: str) -> bool:
    hidden = {"Cc", "Cf", "Cs", "Zl", "Zp"}
    return bool(plain_text(name).strip()) and all(
        unicodedata.category(character) not in hidden or character in _JOINERS for character in name
    )


def _can_be_requested(uri: str) -> bool:
    try:
        https_url(uri)
    except OutboundError:
        return False
    return is_https(uri)


def all_are_allowed(redirect_uris: Iterable[str], allowed: Iterable[str]) -> bool:
    """Return whether every redirection URI is in `allowed`, by simple string comparison (RFC 3986 6.2.1)."""
    return set(redirect_uris) <= set(allowed)
