"""The rules about the consumer of an access token, which the data APIs and UserInfo have in common.

They apply after the rules of `tenants.grants.access_token_rules` have passed.
"""

from tenants.accounts.disclosure_rule import REASON_BY_REFUSAL
from tenants.accounts.models import ANSWERS, RefusalReason
from tenants.grants.errors import ConsentExpired, DisclosureRefused
from tenants.grants.models import ConsumerToken


def customer_is_eligible(token: ConsumerToken) -> None:
    """The customer is still an eligible consumer (CDR Rules 1.10B, 4.26(1)(c); CDS, Authorisation/RevokedConsent).

    Otherwise the authorisation has expired, also before housekeeping has ended the arrangement.
    """
    if not token.is_customer_eligible:
        raise ConsentExpired("the customer is not an eligible consumer any more")


def data_is_not_refused(token: ConsumerToken) -> None:
    """The holder does not refuse all data of the customer, or all data to the recipient (CDR Rules 4.7(1)).

    The status is 403 if disclosure could cause harm, and 429 for reasons of security or of the data standards.
    """
    check_is_not_refused(token.refusal)


def check_is_not_refused(reason: RefusalReason | None) -> None:
    """Raise DisclosureRefused for a reason to refuse a whole request. Other reasons refuse only accounts."""
    if reason is None:
        return
    answer = ANSWERS[REASON_BY_REFUSAL[reason]]
    if answer in {"forbidden", "too-many-requests"}:
        raise DisclosureRefused(reason, answer)
