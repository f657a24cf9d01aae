"""Keeping and opening the credentials of the `upstream` source, under the tenant's data key."""

from datetime import datetime
from uuid import UUID

from haas.database import Transaction
from haas.jose import Sealer
from tenants.keys.opening import open_sealed
from tenants.keys.rotation import data_key_sealer
from tenants.sources import store
from tenants.sources.models import CredentialKind, UpstreamCredential


async def put_credential(tx: Transaction, tenant_id: UUID, sealer: Sealer, credential: UpstreamCredential) -> None:
    """Keep a credential in place of the one of its kind; `sealer` holds the master key. Raises KeysUnreadable."""
    own = await data_key_sealer(tx, tenant_id, sealer)
    sealed = own.seal(credential.secret.encode(), credential_purpose(credential.kind))
    await store.put_upstream_credential(tx, credential.kind, credential.presented, sealed, credential.changed_at)


async def credential(
    tx: Transaction, tenant_id: UUID, sealer: Sealer, kind: CredentialKind
) -> UpstreamCredential | None:
    """Return a credential with its secret open, or None. Raises KeysUnreadable."""
    row = await store.upstream_credential_row(tx, kind)
    if row is None:
        return None
    own = await data_key_sealer(tx, tenant_id, sealer)
    changed_at: datetime = row["changed_at"]
    secret = open_sealed(own, row["sealed"], credential_purpose(kind)).decode()
    return UpstreamCredential(kind=kind, presented=row["presented"], secret=secret, changed_at=changed_at)


async def remove_credential(tx: Transaction, kind: CredentialKind) -> None:
    """Delete the credential of a kind; one that is not there is no error."""
    await store.delete_upstream_credential(tx, kind)


def credential_purpose(kind: CredentialKind) -> str:
    """Bind a sealed secret to its kind; the data key binds it to the tenant."""
    return f"upstream-credential/{kind}"
