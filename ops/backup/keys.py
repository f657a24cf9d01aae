"""The two pairs of keys of backups, and the files in which they are kept.

Backups are encrypted with a public key, so the machine that makes them cannot read them. Everybody can encrypt with a
public key, so the manifest is also signed. The private keys are on two machines: `identity` where backups are
restored, `signing-key` where they are made.
"""

from pathlib import Path
from typing import Final

import pyrage
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from pyrage.x25519 import Identity, Recipient

from ops.backup.errors import BackupError
from ops.files import PRIVATE, PUBLIC, write_atomically

IDENTITY: Final = "identity.txt"
RECIPIENT: Final = "recipient.txt"
SIGNING_KEY: Final = "signing-key.pem"
VERIFICATION_KEY: Final = "verification-key.pem"
MAXIMUM_FILE: Final = 64 * 1024
_PEM: Final = serialization.Encoding.PEM


def make_keys(folder: Path) -> list[Path]:
    """Write new keys into `folder`, and return the files. Raise BackupError if it has one of them already."""
    signing = Ed25519PrivateKey.generate()
    identity = Identity.generate()
    private = signing.private_bytes(_PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    public = signing.public_key().public_bytes(_PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    wanted = {
        IDENTITY: (f"# public key: {identity.to_public()}\n{identity}\n".encode(), PRIVATE),
        RECIPIENT: (f"{identity.to_public()}\n".encode(), PUBLIC),
        SIGNING_KEY: (private, PRIVATE),
        VERIFICATION_KEY: (public, PUBLIC),
    }
    if existing := [name for name in wanted if (folder / name).exists()]:
        raise BackupError(f"{folder} has {', '.join(existing)} already: without it, earlier backups cannot be used")
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    for name, (content, mode) in wanted.items():
        write_atomically(folder / name, content, mode)
    return [folder / name for name in wanted]


def read_recipients(file: Path) -> list[Recipient]:
    """Return the public keys of a file, one `age1…` on each line. Each of them can read the backup."""
    try:
        recipients = [Recipient.from_str(line) for line in _lines(file)]
    except pyrage.RecipientError as error:
        raise BackupError(f"{file} has a line that is no public key of age: {error}") from error
    if not recipients:
        raise BackupError(f"{file} has no public key of age")
    return recipients


def read_identities(file: Path) -> list[Identity]:
    """Return the private keys of a file, one `AGE-SECRET-KEY-1…` on each line."""
    try:
        identities = [Identity.from_str(line) for line in _lines(file)]
    except pyrage.IdentityError:  # the message could contain the key
        raise BackupError(f"{file} has a line that is no private key of age") from None
    if not identities:
        raise BackupError(f"{file} has no private key of age")
    return identities


def read_signing_key(file: Path) -> Ed25519PrivateKey:
    """Return the private key that signs manifests."""
    try:
        key = serialization.load_pem_private_key(_read(file), password=None)
    except (ValueError, TypeError):
        key = None
    if not isinstance(key, Ed25519PrivateKey):
        raise BackupError(f"{file} has no Ed25519 private key in PEM")
    return key


def read_verification_key(file: Path) -> Ed25519PublicKey:
    """Return the public key that verifies the signature of a manifest."""
    try:
        key = serialization.load_pem_public_key(_read(file))
    except ValueError:
        key = None
    if not isinstance(key, Ed25519PublicKey):
        raise BackupError(f"{file} has no Ed25519 public key in PEM")
    return key


def is_signed(key: Ed25519PublicKey, signature: bytes, data: bytes) -> bool:
    """Return whether `signature` is that of `data`."""
    try:
        key.verify(signature, data)
    except InvalidSignature:
        return False
    return True


def _lines(file: Path) -> list[str]:
    try:
        lines = _read(file).decode("ascii").splitlines()
    except UnicodeDecodeError:
        raise BackupError(f"{file} is not a text") from None
    return [line.strip() for line in lines if line.strip() and not line.startswith("#")]


def _read(file: Path) -> bytes:
    with file.open("rb") as opened:
        content = opened.read(MAXIMUM_FILE + 1)
    if len(content) > MAXIMUM_FILE:
        raise BackupError(f"{file} is too long for a file with a key")
    return content
