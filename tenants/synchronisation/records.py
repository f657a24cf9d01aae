"""Turns the answers of the retailer's own server into records of an import."""

from collections.abc import Iterable, Iterator
from datetime import date

from tenants.accounts.internal_ids import nmi_without_check_digit
from tenants.imports.records import (
    AccountSupply,
    CustomerRecord,
    EndHoldingRecord,
    EndRepresentationRecord,
    HoldingRecord,
    ListedAccountRecord,
    LoginRecord,
    Record,
    RepresentationRecord,
)
from tenants.payloads.customer_detail_v2 import CommonCustomerDetailV2
from tenants.upstream.messages import ListedAccount, User


def login_record(user: User) -> LoginRecord:
    """Return the record of a person. Raises ValueError if a value cannot be stored, such as a landline as mobile."""
    return LoginRecord(
        reference=user.user_id,
        identifier=user.identifier,
        email=user.email,
        mobile=user.mobile,
        channel=user.channel,
        name=user.name,
        given_name=user.given_name,
        family_name=user.family_name,
        disabled=user.disabled,
    )


def representation_records(user: User, known: Iterable[str], last_day: date) -> Iterator[Record]:
    """Yield what the person represents. What the server does not list any more of `known` ends with `last_day`.

    `known` are the references of the customers for whom the directory lets the person act.
    """
    for each in user.customers:
        yield RepresentationRecord(
            login=user.user_id,
            customer=each.customer_id,
            role=each.role,
            scope=each.scope,
            valid_from=each.valid_from or date.min,
            valid_to=each.valid_to,
        )
    for customer in sorted(set(known) - {each.customer_id for each in user.customers}):
        yield EndRepresentationRecord(login=user.user_id, customer=customer, valid_to=last_day)


def customer_record(reference: str, customer: CommonCustomerDetailV2) -> CustomerRecord:
    """Return the record of a customer."""
    return CustomerRecord(reference=reference, customer=customer)


def account_records(
    customer: str, accounts: Iterable[ListedAccount], known: Iterable[str], last_day: date
) -> Iterator[Record]:
    """Yield the accounts of a customer. A holding that the server does not list any more of `known` ends.

    `known` are the references of the accounts that the customer holds in the directory. A holding ends with `last_day`.
    """
    listed = set()
    for account in accounts:
        reference, held = account.accountId.value, account.x
        listed.add(reference)
        yield ListedAccountRecord(
            account=account, supplies=tuple(_supplies(account)), disclosure_option=held.disclosure_option
        )
        yield HoldingRecord(
            customer=customer, account=reference, role=held.role, valid_from=held.valid_from, valid_to=held.valid_to
        )
    for reference in sorted(set(known) - listed):
        yield EndHoldingRecord(customer=customer, account=reference, valid_to=last_day)


def lacks_a_service_point(account: ListedAccount) -> bool:
    """Return whether a plan names a service point for which `x` does not say when it supplies the account."""
    supplied = {nmi_without_check_digit(each.service_point_id) for each in account.x.service_points}
    return any(
        nmi_without_check_digit(named.value) not in supplied for plan in account.plans for named in plan.servicePointIds
    )


def _supplies(account: ListedAccount) -> Iterator[AccountSupply]:
    for each in account.x.service_points:
        yield AccountSupply(
            nmi=each.service_point_id,
            participant_id=each.participant_id,
            valid_from=each.valid_from,
            valid_to=each.valid_to or account.x.closed_date,
            location=each.location,
        )
