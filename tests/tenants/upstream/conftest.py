"""The credentials of a holder at a retailer's server."""

from datetime import UTC, datetime, timedelta
from functools import cache

from ops.pki.authority import Validity, chain_pem, name, new_root
from ops.pki.keys import key_to_pem, new_key
from tenants.upstream.models import UpstreamCredential


@cache
def _certificate() -> tuple[str, str]:
    validity, key = Validity.starting(datetime.now(UTC), timedelta(days=2)), new_key()
    certificate = new_root(name("Clients"), validity).sign_client(name("holder"), key.public_key(), validity)
    return chain_pem([certificate]).decode(), key_to_pem(key).decode()


def holder_credential(now: datetime) -> UpstreamCredential:
    """Return a client certificate with its key."""
    chain, key = _certificate()
    return UpstreamCredential(kind="client-certificate", presented=chain, secret=key, changed_at=now)
