"""Errors of authentication. They do not disclose whether a login with the identifier exists."""

from datetime import datetime
from typing import Literal

from haas.errors import HaasError

CodeRefusal = Literal["malformed", "wrong", "expired", "closed"]


class CodeRefused(HaasError):
    """A one-time password was not accepted.

    The reasons are:

    - malformed: the answer is not six digits. It is not counted as a wrong answer.
    - wrong: the answer is counted as a wrong answer.
    - expired: the lifetime of the code is over.
    - closed: the challenge was already answered, or had too many wrong answers. The person needs a new code.
    """

    def __init__(self, reason: CodeRefusal, tries_left: int = 0) -> None:
        """Store the reason, and how many more answers the challenge accepts."""
        super().__init__(f"one-time password {reason}")
        self.reason = reason
        self.tries_left = tries_left


class TooManyIdentifiers(HaasError):
    """The person has entered too many different identifiers in one consent flow."""


class IdentifierLocked(HaasError):
    """There were too many wrong answers or too many requests for codes for an identifier.

    It is raised in the same way for identifiers without a login. It is also raised when a network or the whole tenant
    has used its budget, so that an attacker does not learn which limit was reached.
    """

    def __init__(self, until: datetime) -> None:
        """Store the moment at which the identifier can be used again."""
        super().__init__(f"identifier locked until {until}")
        self.until = until
