"""The proxy's certificate header and the caller's interaction id."""

import hashlib
from base64 import b64encode
from uuid import UUID

import pytest

from haas.http import (
    MAXIMUM_CERTIFICATE_HEADER_BYTES,
    CertificateHeaderError,
    ClientCertificate,
    client_certificate,
    interaction_id,
)


def test_the_thumbprint_is_the_sha_256_of_the_der_certificate() -> None:
    certificate = client_certificate(b":" + b64encode(b"some DER") + b":")
    assert certificate == ClientCertificate(hashlib.sha256(b"some DER").digest())


def test_x5t_s256_is_base64url_without_padding() -> None:
    """RFC 8705 3.1."""
    assert ClientCertificate(b"\xfb\xff" * 16).x5t_s256 == "-__7__v_-__7__v_-__7__v_-__7__v_-__7__v_-_8"


@pytest.mark.parametrize(
    "header",
    [
        b"",
        b":",
        b"::",
        b"AAAA",
        b":AAAA",
        b"AAAA:",
        b":AAA:",
        b":A=AA:",
        b":AA AA:",
        b":AAAA:;a=1",
        b":-_AA:",
        b":\xff\xff\xff\xff:",
        b":AAAA:, :AAAA:",
        b":" + b"A" * MAXIMUM_CERTIFICATE_HEADER_BYTES + b":",
    ],
)
def test_a_malformed_certificate_header_is_refused(header: bytes) -> None:
    with pytest.raises(CertificateHeaderError):
        client_certificate(header)


@pytest.mark.parametrize("given", [b"6ba7b810-9dad-11d1-80b4-00c04fd430c8", b"6BA7B810-9DAD-11D1-80B4-00C04FD430C8"])
def test_the_callers_interaction_id_is_played_back(given: bytes) -> None:
    """CDS, HTTP Headers: if provided, the data holder MUST play back this value."""
    assert interaction_id(given) == given.decode()


@pytest.mark.parametrize(
    "given",
    [
        None,
        b"",
        b"text",
        b"\xff",
        b"6ba7b8109dad11d180b400c04fd430c8",
        b"{6ba7b810-9dad-11d1-80b4-00c04fd430c8}",
        b"urn:uuid:6ba7b810-9dad-11d1-80b4-00c04fd430c8",
        b"6ba7b810-9dad-11d1-80b4-00c04fd430c8\r\nSet-Cookie: a",
        b"6ba7b810-9dad-11d1-80b4-00c04fd430c8\n",
        b"6ba7b810-9dad-11d1-80b4-00c04fd430cg",
        b"6ba7b810-9dad-11d1-80b4-00c04fd430c8" * 2,
    ],
)
def test_an_interaction_id_that_is_not_a_uuid_is_replaced(given: bytes | None) -> None:
    made = interaction_id(given)
    assert str(UUID(made)) == made
    assert given is None or made.encode() not in given
