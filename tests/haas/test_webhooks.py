"""Requests that are signed as the Standard Webhooks specification 1.0 defines it."""

from datetime import UTC, datetime, timedelta

import pytest

from haas.webhooks import SECRET_BYTES, new_webhook_secret, read_webhook_signature

AT = datetime.fromtimestamp(1_614_265_330, UTC)
BODY = b'{"test": 2432232314}'
SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
HEADERS = {
    "webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
    "webhook-timestamp": "1614265330",
    "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
}
"""The example of the libraries of the specification."""


def test_the_signature_of_the_specification_is_accepted_and_one_of_anything_else_is_not() -> None:
    signature = read_webhook_signature(HEADERS, AT)
    assert signature is not None
    assert signature.is_of(BODY, SECRET)
    assert not signature.is_of(BODY + b" ", SECRET)
    assert not signature.is_of(BODY, new_webhook_secret())
    assert not signature._replace(id="msg_other").is_of(BODY, SECRET)
    assert not signature._replace(timestamp="1614265331").is_of(BODY, SECRET)
    right = signature.signatures
    assert signature._replace(signatures=f"v1,AAAA v2,x {right}").is_of(BODY, SECRET)
    for wrong in ("v1,", right.replace("v1", "v2"), right[:-2] + "A=", right.removeprefix("v1,"), "v1,\u00e9"):
        assert not signature._replace(signatures=wrong).is_of(BODY, SECRET)


@pytest.mark.parametrize(
    "changed",
    [
        {"webhook-id": ""},
        {"webhook-id": "m" * 501},
        {"webhook-signature": ""},
        {"webhook-timestamp": ""},
        {"webhook-timestamp": "1614265330.0"},
        {"webhook-timestamp": "-1614265330"},
        {"webhook-timestamp": "9" * 13},
    ],
)
def test_a_request_without_a_complete_signature_has_none(changed: dict[str, str]) -> None:
    assert read_webhook_signature({**HEADERS, **changed}, AT) is None


@pytest.mark.parametrize(("seconds", "is_read"), [(300, True), (301, False), (-300, True), (-301, False)])
def test_a_signature_is_refused_five_minutes_later_and_earlier(seconds: int, *, is_read: bool) -> None:
    assert (read_webhook_signature(HEADERS, AT + timedelta(seconds=seconds)) is not None) == is_read


def test_a_new_secret_is_long_and_never_the_same() -> None:
    first, second = new_webhook_secret(), new_webhook_secret()
    assert first != second
    assert len(first) > len("whsec_") + SECRET_BYTES
    signature = read_webhook_signature(HEADERS, AT)
    assert signature is not None
    assert not signature.is_of(BODY, first)
