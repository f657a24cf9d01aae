"""Stores an authority: certificate and private key in one file, `<name>.pem`, so that they always match."""

from pathlib import Path

from cryptography import x509

from ops.files import write_atomically
from ops.pki.authority import Authority, chain_pem
from ops.pki.keys import key_from_pem, key_to_pem


def save_authority(file: Path, authority: Authority) -> None:
    write_atomically(file, chain_pem([authority.certificate]) + key_to_pem(authority.key))


def load_authority(file: Path) -> Authority:
    pem = file.read_bytes()
    return Authority(certificate=x509.load_pem_x509_certificate(pem), key=key_from_pem(pem))
