"""Why somebody could not be authenticated. None of these tells whether an identifier is anybody's."""

from datetime import datetime
from typing import Literal

from haas.errors import HaasError

CodeRefusal = Literal["malformed", "wrong", "expired", "closed"]


class CodeRefused(HaasError):
    """A one-time password was not accepted.

    malformed: it is not six digits, and was not counted. wrong: counted. expired: its time is over. spent: it was
    answered before, or there were too many wrong answers; a new one is needed.
    """

    def __init__(self, reason: CodeRefusal, tries_left: int = 0) -> None:
        """Keep the reason, and how many more answers this challenge takes."""
        super().__init__(f"one-time password {reason}")
        self.reason = reason
        self.tries_left = tries_left


class IdentifierLocked(HaasError):
    """There were too many wrong answers, or too many codes sent, for an identifier, whether or not it is anybody's.

    Said also when the tenant has sent as many codes as it may: whoever brought it there learns nothing of that.
    """

    def __init__(self, until: datetime) -> None:
        """Keep the moment from which it can be tried again."""
        super().__init__(f"identifier locked until {until}")
        self.until = until
