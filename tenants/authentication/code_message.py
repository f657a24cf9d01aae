"""The message that contains a one-time password."""

from datetime import timedelta
from typing import Final, NamedTuple

from tenants.authentication.limits import CODE_LIFETIME
from tenants.notices.models import EmailPayload, SmsPayload
from tenants.parties.models import Login

_MINUTES: Final = CODE_LIFETIME // timedelta(minutes=1)
_LONGEST_NAME: Final = 60
"""In characters, in a text message. A Register can publish longer names of software products."""


class CodeMessage(NamedTuple):
    """What a message with a code says."""

    brand: str
    host: str
    """The host on which the code is entered."""
    code: str
    recipient: str | None
    """Who asks for the data. None if the code is for signing in to the dashboard."""
    link: str | None = None
    """What the person can open instead of entering the code. An email contains it, and a text message does not."""

    def to(self, login: Login) -> EmailPayload | SmsPayload | None:
        """Return the message for a person, or None if the person has no email address and no mobile number.

        The text says that nobody needs the person's password (CDS, Common Authentication Standards, Passwords). It
        names the recipient, so that a person who was asked for the code by somebody else sees what it is for. The last
        line is the form by which browsers offer a code only on the page of its host ("Origin-bound one-time codes
        delivered via SMS", Web Platform Incubator Community Group).
        """
        bound = f"@{self.host} #{self.code}"
        if login.email:
            use = f"share your data with {self.recipient}" if self.recipient else "sign in to your data sharing page"
            text = (
                f"{self.code} is your one-time code from {self.brand}.\n\n"
                f"It is to {use}. Enter it only on {self.host}, on the page where you asked for it. It expires in "
                f"{_MINUTES} minutes and can be used for nothing else.\n\n"
                f"{_of_link(self.link)}"
                "Do not give it to anyone. Nobody needs your password to receive your data.\n\n"
                "If you did not ask for this code, you can ignore this message: nothing is shared without it.\n\n"
                f"{bound}\n"
            )
            return EmailPayload(to=login.email, subject=f"Your one-time code from {self.brand}", text=text)
        if login.mobile:
            use = f"share your data with {_shortened(self.recipient)}" if self.recipient else "sign in to data sharing"
            text = (
                f"{self.code} is your {self.brand} one-time code to {use}. It expires in {_MINUTES} minutes. Do not "
                f"give it to anyone. Nobody needs your password to receive your data.\n\n{bound}"
            )
            return SmsPayload(to=login.mobile, text=text)
        return None


def _of_link(link: str | None) -> str:
    if link is None:
        return ""
    # Programs that look for the code find it by the words near to it. The link contains digits too.
    return f"Or open this link, once, in the browser in which you asked for it:\n{link}\n\n"


def _shortened(name: str) -> str:
    return name if len(name) <= _LONGEST_NAME else f"{name[: _LONGEST_NAME - 1]}…"
