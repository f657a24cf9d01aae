"""The text of the notice that data was wrong when it was disclosed (CDR Rules 7.10, privacy safeguard 11)."""

from datetime import date
from typing import Final

from tenants.corrections.models import Disclosed, DisclosureFinding
from tenants.data_language import clusters
from tenants.notices.models import EmailPayload, SmsPayload

_DATA: Final = {"usage": "meter readings", "invoice": "invoices", "transaction": "charges and payments"}


def notice_text(
    brand_name: str, finding: DisclosureFinding, disclosed: Disclosed, cluster: str, account: str
) -> EmailPayload | SmsPayload | None:
    """Return the notice for the person who authorised, or None if the person has no email address and no mobile number.

    It names the recipient, the data, the dates on which it was disclosed, and the right to have the corrected data
    disclosed. It contains no value of the data. `account` is the name of the account.

    Nobody else is told, also not the other holders of a joint account: the duty is towards the consumer for whom the
    data was disclosed, and the rules that name the notices to other holders (4A.7(3), 4A.14(1)) do not have this one.
    """
    [named] = clusters([cluster], "person")
    about = _period(finding.first_day, finding.last_day)
    shared = _period(disclosed.first_day, disclosed.last_day)
    what = f"{_DATA[finding.resource]} {about}"
    if disclosed.email:
        text = (
            f"Dear {disclosed.person},\n\n"
            f"With your consent, {brand_name} shared data with {disclosed.recipient}. We have found that some of it "
            "was incorrect when we shared it.\n\n"
            f"Recipient: {disclosed.recipient}\n"
            f"Account: {account}\n"
            f"Data: {named.title}: {what}\n"
            f"Shared: {shared}\n\n"
            "The data is corrected now. You have the right to have the corrected data shared with "
            f"{disclosed.recipient}. If you want that, tell {brand_name}. You need not give a reason, and "
            "there is no charge.\n"
        )
        return EmailPayload(to=disclosed.email, subject=f"Incorrect data that {brand_name} shared", text=text)
    if disclosed.mobile:
        text = (
            f"{brand_name}: some data that we shared with {disclosed.recipient} {shared} was incorrect: {what}. It is "
            "corrected now. You can ask us to share the corrected data."
        )
        return SmsPayload(to=disclosed.mobile, text=text)
    return None


def _period(first: date, last: date) -> str:
    return f"on {_written(first)}" if first == last else f"from {_written(first)} to {_written(last)}"


def _written(day: date) -> str:
    return f"{day.day} {day:%B %Y}"
