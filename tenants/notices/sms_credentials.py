"""The secrets that a brand shares with its own gateway for text messages, encrypted with the tenant's data key."""

import re
from datetime import datetime
from typing import Final
from uuid import UUID

from haas.database import Transaction
from haas.errors import HaasError
from haas.jose import Sealer
from tenants.keys.opening import open_sealed
from tenants.keys.rotation import data_key_sealer
from tenants.notices import store
from tenants.notices.models import SmsCredential, SmsCredentialKind

MAXIMUM_BYTES: Final = 1_000
_VISIBLE: Final = re.compile(r"[\x21-\x7E]{1,1000}", re.ASCII)
_USER: Final = re.compile(r"[\x21-\x39\x3B-\x7E]{1,200}", re.ASCII)


class InvalidSmsCredential(HaasError):
    """A credential cannot be used. The message says why, and has nothing of the credential."""


def gateway_credential(secret: bytes, user: str | None, now: datetime) -> SmsCredential:
    """Return what is presented to a gateway: a bearer token, or a user name with its password.

    A line feed at the end of the secret is removed. Raises InvalidSmsCredential.
    """
    text = secret.decode("ascii", "replace").rstrip("\r\n")
    if _VISIBLE.fullmatch(text) is None:
        raise InvalidSmsCredential("the secret is not one line of 1 to 1000 visible ASCII characters")
    if user is not None and _USER.fullmatch(user) is None:
        raise InvalidSmsCredential("the user name is not visible ASCII without a colon")
    return SmsCredential(kind="gateway", presented=user or "", secret=text, changed_at=now)


async def save_sms_credential(tx: Transaction, tenant_id: UUID, sealer: Sealer, credential: SmsCredential) -> None:
    """Store a secret, replacing one of the same kind. `sealer` uses the master key. Raises KeysUnreadable."""
    tenant_sealer = await data_key_sealer(tx, tenant_id, sealer)
    sealed = tenant_sealer.seal(credential.secret.encode(), _purpose(credential.kind))
    await store.save_sms_credential(tx, credential.kind, credential.presented, sealed, credential.changed_at)


async def sms_credential(
    tx: Transaction, tenant_id: UUID, sealer: Sealer, kind: SmsCredentialKind
) -> SmsCredential | None:
    """Return a decrypted secret, or None. Raises KeysUnreadable."""
    row = await store.load_sms_credential(tx, kind)
    if row is None:
        return None
    tenant_sealer = await data_key_sealer(tx, tenant_id, sealer)
    secret = open_sealed(tenant_sealer, row["sealed"], _purpose(kind)).decode()
    return SmsCredential(kind=kind, presented=row["presented"], secret=secret, changed_at=row["changed_at"])


async def remove_sms_credential(tx: Transaction, kind: SmsCredentialKind) -> None:
    """Delete a secret. Do nothing if there is none."""
    await store.delete_sms_credential(tx, kind)


def _purpose(kind: SmsCredentialKind) -> str:
    """Return the purpose that binds an encrypted secret to its kind. The data key binds it to the tenant."""
    return f"sms-credential/{kind}"
