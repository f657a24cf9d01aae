"""No text message is longer than gateways accept, however long the names are that it states."""

from collections.abc import Iterator
from datetime import UTC, date, datetime
from types import SimpleNamespace
from typing import Any, get_args
from uuid import UUID

import msgspec
import pytest

from tenants.accounts.models import DisclosureOption
from tenants.authentication.code_message import CodeMessage
from tenants.corrections.notice_text import notice_text
from tenants.holders import notice_text as holder_notices
from tenants.holders import receipt_text
from tenants.holders.models import Event, Receipt
from tenants.joint_accounts.notice_text import option_changed, option_not_agreed, option_proposed
from tenants.notices.models import SmsPayload
from tenants.notices.text_messages import LONGEST_TEXT_MESSAGE, short_account_list, short_account_name, short_name
from tenants.parties.models import Login
from tenants.registry.names import MAXIMUM_NAME

AT = datetime(2026, 11, 20, tzinfo=UTC)
DAY = "20 November 2026"
LONG = "B" * MAXIMUM_NAME
RECIPIENT = "R" * 500
ACCOUNTS = tuple(f"Unit {each}, 12 {'W' * 300} Street, Newtown NSW 2042 (ending in 44{each:02})" for each in range(27))
BY_TEXT = Login(id=UUID(int=1), email=None, mobile="+61491570006")


def texts() -> Iterator[str]:
    """Yield the text message of every kind, with names that are as long as they can be."""
    tenant: Any = SimpleNamespace(name=LONG, issuer="https://b", settings=SimpleNamespace(time_zone="Australia/Sydney"))
    for number in (3, 27):
        event = Event(
            arrangement_id=UUID(int=1), decided_for=None, key="k", at=AT, recipient=RECIPIENT,
            accounts=ACCOUNTS[:number], removed=ACCOUNTS[:number], until=AT, due_at=AT,
        )  # fmt: skip
        for about in holder_notices._TEXTS:
            yield holder_notices.written(about, event, tenant).short
    receipt = Receipt(at=AT, recipient=RECIPIENT, customer=LONG, accounts=ACCOUNTS, until=AT, ended_by="retailer")
    for about in receipt_text._TEXTS:
        by = "consumer" if about == "receipt-withdrawn" else "retailer"
        yield receipt_text.written_receipt(about, msgspec.structs.replace(receipt, ended_by=by), tenant).short
    for option in get_args(DisclosureOption):
        yield option_changed(tenant, ACCOUNTS[0], option, option, DAY).short
        yield option_proposed(tenant, ACCOUNTS[0], option, option, DAY).short
        for in_time in (False, True):
            yield option_not_agreed(LONG, ACCOUNTS[0], option, option, in_time=in_time).short
    for recipient in (None, RECIPIENT):
        message = CodeMessage(LONG, "h" * 253, "123456", recipient).to(BY_TEXT)
        assert isinstance(message, SmsPayload)
        yield message.text
    days = {"first_day": date(2026, 11, 19), "last_day": date(2026, 11, 20)}
    for resource in ("usage", "invoice", "transaction"):
        finding: Any = SimpleNamespace(resource=resource, **days)
        disclosed: Any = SimpleNamespace(email=None, mobile="1", channel=None, person=LONG, recipient=RECIPIENT, **days)
        notice = notice_text(LONG, finding, disclosed, "energy:billing:read", ACCOUNTS[0])
        assert isinstance(notice, SmsPayload)
        yield notice.text


def test_no_kind_of_text_message_is_too_long_and_none_needs_the_larger_alphabet() -> None:
    found = list(texts())
    assert len(found) > len(holder_notices._TEXTS) * 2
    assert max(map(len, found)) <= LONGEST_TEXT_MESSAGE
    assert all(text.isascii() for text in found)


@pytest.mark.parametrize(
    ("number", "said"),
    [(1, "Home 0"), (3, "Home 0, Home 1, Home 2"), (4, "Home 0, Home 1 and 2 more accounts"), (0, "")],
)
def test_accounts_are_named_or_counted(number: int, said: str) -> None:
    assert short_account_list([f"Home {each}" for each in range(number)]) == said


def test_a_long_name_is_cut_and_that_of_an_account_keeps_its_end() -> None:
    assert short_name("Bright Bill") == "Bright Bill"
    assert short_name("x" * 61) == f"{'x' * 57}..."
    assert short_account_name("Beach house (ending in 4401)") == "Beach house (ending in 4401)"
    assert short_account_name(ACCOUNTS[26]).endswith("2042 (ending in 4426)")
    assert len(short_account_name(ACCOUNTS[26])) <= 50
