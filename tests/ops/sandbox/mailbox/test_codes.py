"""Finding the one-time code in a message."""

import pytest

from ops.sandbox.mailbox.codes import one_time_code


@pytest.mark.parametrize(
    ("subject", "text", "code"),
    [
        ("Your code", "Your code is 1234.", "1234"),
        ("", "042042 is your one-time password for Aurora Energy.", "042042"),
        ("Aurora", "Use this code within 10 minutes:\n\n    98765\n\n© 2026", "98765"),
        ("Your code is 5555", "See the subject.", "5555"),
        ("Bill", "You owe $1234 since 2026", None),
        ("", "Your code is 1234567.", None),
    ],
)
def test_the_one_time_code_of_a_message_is_found(subject: str, text: str, code: str | None) -> None:
    assert one_time_code(subject, text) == code
