"""The text of the message that contains a one-time password."""

from datetime import timedelta

from tenants.authentication.limits import CODE_LIFETIME
from tenants.authentication.models import CodePurpose
from tenants.notices.models import EmailPayload, SmsPayload
from tenants.parties.models import Login

_MINUTES = CODE_LIFETIME // timedelta(minutes=1)


def code_message(login: Login, brand_name: str, purpose: CodePurpose, code: str) -> EmailPayload | SmsPayload | None:
    """Return the message with the code for a person, or None if the person has no email address and no mobile number.

    The text says that nobody needs the person's password (CDS, Common Authentication Standards, Passwords).
    """
    use = "share your data" if purpose == "authorisation" else "sign in to data sharing"
    if login.email:
        text = (
            f"{code} is your one-time code from {brand_name}.\n\n"
            f"Enter it on the page where you asked for it, to {use}. It expires in {_MINUTES} minutes and can be used "
            "for nothing else.\n\n"
            "Do not give it to anyone. Nobody needs your password to receive your data.\n\n"
            "If you did not ask for this code, you can ignore this message: nothing is shared without it.\n"
        )
        return EmailPayload(to=login.email, subject=f"Your one-time code from {brand_name}", text=text)
    if login.mobile:
        text = (
            f"{code} is your {brand_name} one-time code to {use}. It expires in {_MINUTES} minutes. Do not give it to "
            "anyone. Nobody needs your password to receive your data."
        )
        return SmsPayload(to=login.mobile, text=text)
    return None
