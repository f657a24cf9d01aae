"""The message that contains a one-time password."""

from datetime import timedelta
from typing import Final, NamedTuple

from haas.language import gettext, ngettext
from tenants.authentication.limits import CODE_LIFETIME
from tenants.notices.models import EmailPayload, SmsPayload
from tenants.notices.text_messages import short_name
from tenants.parties.models import Login, is_told_by_sms

_MINUTES: Final = CODE_LIFETIME // timedelta(minutes=1)


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

        It goes to the contact that the person prefers (CDS, Redirect with One Time Password), and never by post. An
        email is also sent to a person who prefers post, if there is an address.

        The text says that nobody needs the person's password (CDS, Common Authentication Standards, Passwords). It
        names the recipient, so that a person who was asked for the code by somebody else sees what it is for. The last
        line is the form by which browsers offer a code only on the page of its host ("Origin-bound one-time codes
        delivered via SMS", Web Platform Incubator Community Group).
        """
        bound = f"@{self.host} #{self.code}"
        if login.email and not is_told_by_sms(login.channel, login.email, login.mobile):
            paragraphs = [
                gettext("{code} is your one-time code from {brand}.", code=self.code, brand=self.brand),
                self._use(),
                # Programs that look for the code find it by the words near to it. The link contains digits too.
                *([] if self.link is None else [_of_link(self.link)]),
                gettext("Do not give it to anyone. Nobody needs your password to receive your data."),
                gettext("If you did not ask for this code, you can ignore this message: nothing is shared without it."),
                bound,
            ]
            subject = gettext("Your one-time code from {brand}", brand=self.brand)
            return EmailPayload(to=login.email, subject=subject, text="\n\n".join(paragraphs) + "\n")
        if login.mobile:
            return SmsPayload(to=login.mobile, text=f"{self._short()}\n\n{bound}")
        return None

    def _use(self) -> str:
        if self.recipient is None:
            return ngettext(
                "It is to sign in to your data sharing page. Enter it only on {host}, on the page where you asked for "
                "it. It expires in {number} minute and can be used for nothing else.",
                "It is to sign in to your data sharing page. Enter it only on {host}, on the page where you asked for "
                "it. It expires in {number} minutes and can be used for nothing else.",
                _MINUTES,
                host=self.host,
            )
        return ngettext(
            "It is to share your data with {recipient}. Enter it only on {host}, on the page where you asked for it. "
            "It expires in {number} minute and can be used for nothing else.",
            "It is to share your data with {recipient}. Enter it only on {host}, on the page where you asked for it. "
            "It expires in {number} minutes and can be used for nothing else.",
            _MINUTES,
            recipient=self.recipient,
            host=self.host,
        )

    def _short(self) -> str:
        if self.recipient is None:
            return ngettext(
                "{code} is your {brand} one-time code to sign in to data sharing. It expires in {number} minute. Do "
                "not give it to anyone. Nobody needs your password to receive your data.",
                "{code} is your {brand} one-time code to sign in to data sharing. It expires in {number} minutes. Do "
                "not give it to anyone. Nobody needs your password to receive your data.",
                _MINUTES,
                code=self.code,
                brand=short_name(self.brand),
            )
        return ngettext(
            "{code} is your {brand} one-time code to share your data with {recipient}. It expires in {number} minute. "
            "Do not give it to anyone. Nobody needs your password to receive your data.",
            "{code} is your {brand} one-time code to share your data with {recipient}. It expires in {number} minutes. "
            "Do not give it to anyone. Nobody needs your password to receive your data.",
            _MINUTES,
            code=self.code,
            brand=short_name(self.brand),
            recipient=short_name(self.recipient),
        )


def _of_link(link: str) -> str:
    return gettext("Or open this link, once, in the browser in which you asked for it:") + f"\n{link}"
