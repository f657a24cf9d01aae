"""Unsealing keys and secrets, with an error message that tells an operator what to check."""

from haas.jose import Sealer, SealError
from tenants.keys.errors import KeysUnreadable


def open_sealed(sealer: Sealer, sealed: bytes, purpose: str) -> bytes:
    """Return the secret that was sealed for `purpose`. Raise KeysUnreadable."""
    try:
        return sealer.open(sealed, purpose)
    except SealError as error:
        raise KeysUnreadable(
            f"{error}: check that HAAS_MASTER_KEY or HAAS_MASTER_KEY_FILE is the key that this deployment's tenants"
            " were created with"
        ) from error
