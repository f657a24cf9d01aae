"""The secrets that a brand shares with its own gateway for text messages, encrypted with the tenant's data key."""

import re
from datetime import datetime
from typing import Final

from haas.errors import HaasError
from tenants.keys.credentials import Credentials
from tenants.keys.store import CredentialTable
from tenants.notices.models import SmsCredential
from tenants.notices.tables import sms_credential

SMS_CREDENTIALS: Final = Credentials(CredentialTable(sms_credential), SmsCredential, "sms-credential")
MAXIMUM_BYTES: Final = 1_000
_VISIBLE: Final = re.compile(r"[\x21-\x7E]{1,1000}", re.ASCII)
_USER: Final = re.compile(r"[\x21-\x39\x3B-\x7E]{1,200}", re.ASCII)


class InvalidSmsCredential(HaasError):
    """A credential cannot be used. The message says why, and has nothing of the credential."""


def gateway_credential(secret: bytes, user: str | None, now: datetime) -> SmsCredential:
    """Return what is presented to a gateway: a bearer token, or a user name with its password.

    A line feed at the end of the secret is removed. Raises InvalidSmsCredential.
    """
    text = secret.decode("ascii", "replace").rstrip("\r\n")
    if _VISIBLE.fullmatch(text) is None:
        raise InvalidSmsCredential("the secret is not one line of 1 to 1000 visible ASCII characters")
    if user is not None and _USER.fullmatch(user) is None:
        raise InvalidSmsCredential("the user name is not visible ASCII without a colon")
    return SmsCredential(kind="gateway", presented=user or "", secret=text, changed_at=now)
