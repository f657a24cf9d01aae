"""Storing and reading the credentials of the source `upstream`, encrypted with the tenant's data key."""

from datetime import datetime
from uuid import UUID

from haas.database import Transaction
from haas.jose import Sealer
from tenants.keys.opening import open_sealed
from tenants.keys.rotation import data_key_sealer
from tenants.upstream import store
from tenants.upstream.models import CredentialKind, UpstreamCredential


async def save_credential(tx: Transaction, tenant_id: UUID, sealer: Sealer, credential: UpstreamCredential) -> None:
    """Store a credential, replacing one of the same kind. `sealer` uses the master key. Raises KeysUnreadable."""
    tenant_sealer = await data_key_sealer(tx, tenant_id, sealer)
    sealed = tenant_sealer.seal(credential.secret.encode(), credential_purpose(credential.kind))
    await store.save_credential(tx, credential.kind, credential.presented, sealed, credential.changed_at)


async def credential(
    tx: Transaction, tenant_id: UUID, sealer: Sealer, kind: CredentialKind
) -> UpstreamCredential | None:
    """Return a credential with its decrypted secret, or None. Raises KeysUnreadable."""
    row = await store.load_credential(tx, kind)
    if row is None:
        return None
    tenant_sealer = await data_key_sealer(tx, tenant_id, sealer)
    changed_at: datetime = row["changed_at"]
    secret = open_sealed(tenant_sealer, row["sealed"], credential_purpose(kind)).decode()
    return UpstreamCredential(kind=kind, presented=row["presented"], secret=secret, changed_at=changed_at)


async def remove_credential(tx: Transaction, kind: CredentialKind) -> None:
    """Delete the credential of a kind. Do nothing if there is none."""
    await store.delete_credential(tx, kind)


def credential_purpose(kind: CredentialKind) -> str:
    """Return the purpose that binds an encrypted secret to its kind. The data key binds it to the tenant."""
    return f"upstream-credential/{kind}"
