"""The pages about people who can use an account, with realistic values."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from types import SimpleNamespace
from typing import Any
from uuid import UUID

from apps.dashboard.recipients import IdentifiedRecipient
from apps.dashboard.secondary_users import secondary_user_notice
from ops.preview.late_texts import day, late, said
from tenants.data_language import clusters
from themes.views import RecipientView

SCOPES = (
    "energy:accounts.basic:read", "energy:accounts.detail:read", "energy:billing:read",
    "energy:electricity.usage:read", "energy:electricity.servicepoints.detail:read",
)  # fmt: skip
HOME = "Home, 12 Wattle Street"
LONG_ACCOUNT = "averyveryveryveryverylongaccountname@withoutanyspaceinit.example"

Screen = tuple[str, dict[str, Any]]


def _sharing(now: datetime, number: int, product: str, **changes: Any) -> SimpleNamespace:
    received = {"first_day": (now - timedelta(days=60)).date(), "last_at": now}
    values: dict[str, Any] = {
        "id": UUID(int=number), "product": product, "recipient": f"{product} Pty Ltd", "status": said("Sharing"),
        "is_on": True, "summary": said("Until {time}", time=day(now + timedelta(days=365))), "why": None,
        "authorised_at": now, "changed_at": [],
        "data": late(clusters, SCOPES, "person"), "has_ended": False, "is_blocked": False,
        "disclosed": [
            SimpleNamespace(title=said("Account and plan details"), corrected_at=None, **received),
            SimpleNamespace(title=said("Billing payments and history"), corrected_at=now, **received),
        ],
    }  # fmt: skip
    values |= changes
    names = RecipientView(
        client_name=product, org_name=product, legal_entity_name=values["recipient"], accreditation_number="ADR000123"
    )
    identified = IdentifiedRecipient(names, "https://brightbill.example/cdr-policy")
    return SimpleNamespace(identified=identified, **values)


def _user(now: datetime, number: int, name: str, **changes: Any) -> SimpleNamespace:
    values = {
        "id": UUID(int=number), "name": name, "account": HOME, "customer": None, "instructed_at": now,
        "withdrawn_at": None, "sharing": [], "shares_with": "", "blocked": [], "may_decide": True,
    }  # fmt: skip
    return SimpleNamespace(**{**values, **changes})


def secondary_user_screens(dashboard: Mapping[str, Any], long: Any, now: datetime) -> dict[str, Screen]:
    """Return the screens by name. `dashboard` has the values of every page; `long` is a recipient with long names."""
    shared = _sharing(now, 21, "Bright Bill Comparison", changed_at=[now - timedelta(days=30)])
    blocked = _sharing(
        now, 22, "Solar Sums", status=said("Not shared now"), is_on=False, is_blocked=True, disclosed=[],
        why=said("Sharing with this recipient was stopped."),
    )  # fmt: skip
    ended = _sharing(
        now, 23, "Bill Watch", status=said("Stopped"), is_on=False, has_ended=True,
        summary=said("Ended on {day}", day=day(now - timedelta(days=200))),
    )  # fmt: skip
    blocks = [
        SimpleNamespace(id=UUID(int=31), recipient="Solar Sums Pty Ltd", since=now, is_by_holder=True),
        SimpleNamespace(id=UUID(int=32), recipient=None, since=now, is_by_holder=False),
    ]
    permitted = _user(
        now, 11, "Reginald Hartley", sharing=[shared, blocked, ended], shares_with=shared.product, blocked=blocks
    )  # fmt: skip
    without = _user(now, 12, "Sam Okafor", instructed_at=None, withdrawn_at=now, customer="Waratah Bakery Pty Ltd")
    never = _user(now, 14, "Ada Hartley", instructed_at=None)
    long_named = _user(
        now, 13, "Wilhelmina Featherstonehaugh-Cholmondeleywarrenderson", account=LONG_ACCOUNT,
        sharing=[_sharing(now, 24, long.client_name, recipient=long.legal_entity_name)],
    )  # fmt: skip
    accounts = [
        SimpleNamespace(name=HOME, customer=None, users=[permitted, never]),
        SimpleNamespace(name="Shop", customer=without.customer, users=[without]),
    ]
    withdrawn = {
        "user": without,
        "offers_blocks": False,
        "notice": late(secondary_user_notice, "withdrawn", without.name),
    }
    screens: dict[str, Screen] = {
        "6-secondary-users": ("secondary_users", {"accounts": accounts}),
        "6-secondary-users-none": ("secondary_users", {"accounts": []}),
        "7-secondary-user": ("secondary_user", {"user": permitted, "offers_blocks": True}),
        "7-secondary-user-withdrawn": ("secondary_user", withdrawn),
        "7-secondary-user-long-names": ("secondary_user", {"user": long_named, "offers_blocks": True}),
        "8-secondary-user-permit": ("secondary_user_permit", {"user": without, "clusters": shared.data, "shown": ""}),
        "8-secondary-user-withdraw": ("secondary_user_withdraw", {"user": permitted, "stops": [shared]}),
        "8-secondary-user-block": ("secondary_user_block", {"user": permitted, "sharing": shared}),
    }
    return {name: (f"dashboard/{template}", {**dashboard, **values}) for name, (template, values) in screens.items()}
