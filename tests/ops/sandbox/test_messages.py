"""Signed messages that deviate from the correct one on purpose."""

import pytest

from ops.sandbox.jose import JoseError, PublicKeys, SigningKey, verify
from ops.sandbox.messages import Deviation, signed, tampered
from tests.ops.sandbox.conftest import key_of


def test_wrong_signatures_do_not_verify() -> None:
    for algorithm in ("PS256", "ES256"):
        key = key_of(algorithm)
        keys = PublicKeys.from_jwks({"keys": [key.public_jwk()]})
        right = signed({"sub": "a"}, key)
        assert verify(right, keys).claims == {"sub": "a"}
        assert verify(signed({"sub": "a"}, key, Deviation(header={"x": 1})), keys).claims == {"sub": "a"}
        other = signed({"sub": "a"}, key, Deviation(key=SigningKey.generate(key.algorithm), header={"kid": key.kid}))
        for wrong in (tampered(right, sub="b"), other, signed({}, key, Deviation(header={"alg": "none"}))):
            with pytest.raises(JoseError):
                verify(wrong, keys)
