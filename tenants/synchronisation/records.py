"""Turns the answers of the retailer's own server into records of an import."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import date

from msgspec import UNSET, UnsetType

from tenants.accounts.internal_ids import nmi_without_check_digit
from tenants.imports.records import (
    AccountSupply,
    CustomerRecord,
    EndHoldingRecord,
    EndRepresentationRecord,
    HoldingRecord,
    IneligibilityRecord,
    ListedAccountRecord,
    ListedIneligibilityRecord,
    LoginRecord,
    Record,
    RepresentationRecord,
)
from tenants.upstream.eligibility import IneligiblePeriod, IneligibleSubject, UpstreamCustomer
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


def customer_records(reference: str, customer: UpstreamCustomer, last_day: date) -> Iterator[Record]:
    """Yield a customer, and when the customer is not eligible. What is not listed any more ends with `last_day`."""
    yield CustomerRecord(reference=reference, customer=customer)
    if customer.x is not UNSET:
        yield from _ineligible(customer.x.ineligible, last_day, customer=reference)


def ineligibility_record(changed: IneligibleSubject) -> IneligibilityRecord:
    """Return the record of a period without eligibility that the feed has."""
    return IneligibilityRecord(
        customer=changed.customer_id,
        account=changed.account_id,
        reason=changed.reason,
        valid_from=changed.valid_from,
        valid_to=changed.valid_to,
    )


def account_records(
    customer: str, accounts: Iterable[ListedAccount], known: Iterable[str], last_day: date
) -> Iterator[Record]:
    """Yield the accounts of a customer. A holding that the server does not list any more of `known` ends.

    `known` are the references of the accounts that the customer holds in the directory. A holding ends with `last_day`.
    Who is not eligible is before the holding: the account is not shared between two batches.
    """
    listed = set()
    for account in accounts:
        reference, held = account.accountId.value, account.x
        listed.add(reference)
        yield ListedAccountRecord(
            account=account, supplies=tuple(_supplies(account)), disclosure_option=held.disclosure_option
        )
        yield from _ineligible(held.ineligible, last_day, account=reference)
        yield from _ineligible(held.customer_ineligible, last_day, customer=customer, account=reference)
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


def _ineligible(
    listed: Sequence[IneligiblePeriod] | UnsetType,
    last_day: date,
    *,
    customer: str | None = None,
    account: str | None = None,
) -> Iterator[Record]:
    """Yield the complete list of periods of a subject, unless the server does not give it."""
    if listed is UNSET:
        return
    periods = tuple(
        IneligibilityRecord(
            customer=customer, account=account, reason=each.reason, valid_from=each.valid_from, valid_to=each.valid_to
        )
        for each in listed
    )
    yield ListedIneligibilityRecord(customer=customer, account=account, periods=periods, last_day=last_day)


def _supplies(account: ListedAccount) -> Iterator[AccountSupply]:
    for each in account.x.service_points:
        yield AccountSupply(
            nmi=each.service_point_id,
            participant_id=each.participant_id,
            valid_from=each.valid_from,
            valid_to=each.valid_to or account.x.closed_date,
            location=each.location,
        )
