"""All pages with realistic values: to look at a theme before it is published, and to check the real templates."""

from datetime import UTC, datetime, timedelta
from itertools import zip_longest
from types import SimpleNamespace
from typing import Any, Final, get_args
from uuid import UUID

from apps.dashboard.timeline import TimelineEntry
from ops.preview.joint_screens import JOINT_CARDS, joint_screens
from ops.preview.secondary_user_screens import secondary_user_screens
from tenants.consent.models import ReviewedCluster
from tenants.data_language import clusters
from themes import pages, wording
from themes.brand import Brand
from themes.consent_wording import part_explanation, part_heading
from themes.rendering import render
from themes.sites import ADMINISTRATION, CONSOLE, CONSUMER
from themes.views import recipient_link

NOW = datetime(2026, 11, 24, 4, 32, tzinfo=UTC)
YEAR = 31_536_000
SCOPES = (
    "openid", "profile", "common:customer.basic:read", "common:customer.detail:read", "energy:accounts.basic:read",
    "energy:accounts.detail:read", "energy:billing:read", "energy:electricity.usage:read",
    "energy:electricity.servicepoints.detail:read",
)  # fmt: skip

recipient = SimpleNamespace(
    client_name="Bright Bill Comparison",
    org_name="Bright Bill",
    legal_entity_name="Bright Bill Technologies Pty Ltd",
    accreditation_number="ADRBNK000123",
    client_uri="https://bright-bill.example",
)


def account(number: int, name: str, **changes: Any) -> SimpleNamespace:
    values = {
        "id": UUID(int=number), "name": name, "number": f"ending in {4400 + number}", "joint": False, "closed": False,
        "unavailable": None, "chosen": False, "change": None, "note": None, "approve_by": None,
        "details": ["Everyday Saver", "Electricity", f"ending in {4400 + number}"],
    }  # fmt: skip
    return SimpleNamespace(**{**values, **changes})


HOME = account(1, "Home, 12 Wattle Street", chosen=True)
TOLD = "The other account holders may be told that you share it."
ASKED = (
    "We share its data only if the other account holders approve by 1 December 2026. We ask them after you authorise."
)
BEACH = account(2, "Beach house", joint=True, chosen=True, note=TOLD)
CABIN = account(7, "Mountain cabin", joint=True, chosen=True, note=ASKED)
PIER = account(8, "Boat at the pier", joint=True, note="We will not tell the other account holders that you share it.")
OLD = account(3, "Flat in Newtown", closed=True)
OFF = account(4, "Parents’ farm", joint=True, unavailable="sharing-off")
USER = account(5, "Account of R. Hartley-Featherstonehaugh", unavailable="secondary-user")


def _group(heading: str, *accounts: Any) -> SimpleNamespace:
    chosen = all(each.chosen for each in accounts)
    return SimpleNamespace(key=f"own:{heading}", heading=heading, accounts=accounts, all_chosen=chosen)


def _accounts(*groups: Any, unavailable: Any = (OFF, USER), **changes: Any) -> dict[str, Any]:
    total = sum(len(group.accounts) for group in groups)
    return {
        "step": 3, "steps": 4, "back": None, "amending": False, "groups": groups, "unavailable": unavailable,
        "total": total, "listed": total, "hidden": (), "filter": "", "has_many": False, "announcement": None,
        "not_permitted": (),
        "chosen": sum(each.chosen for group in groups for each in group.accounts), **changes,
    }  # fmt: skip


def _disclosed(title: str, *, days: int, accounts: str = "", corrected: bool = False) -> SimpleNamespace:
    since = (NOW - timedelta(days=days)).date()
    corrected_at = NOW if corrected else None
    return SimpleNamespace(
        title=title, accounts=accounts, first_day=since, last_at=NOW, corrected_at=corrected_at, answers=days + 1
    )


DISCLOSED = [
    _disclosed("Account and plan details", days=60, accounts="Home, 12 Wattle Street and Beach house"),
    _disclosed("Billing payments and history", days=60, accounts="Home, 12 Wattle Street", corrected=True),
    _disclosed("Name and occupation", days=0),
]
TIMELINE = [
    TimelineEntry(at=NOW, title="Bright Bill Comparison last received data"),
    TimelineEntry(
        at=NOW - timedelta(days=30),
        title="You changed the sharing",
        texts=[
            "Data added: Electricity usage",
            "How long: 12 months, until 24 November 2027",
        ],
    ),
    TimelineEntry(at=NOW - timedelta(days=60), title="Bright Bill Comparison first received data", has_time=False),
    TimelineEntry(at=NOW - timedelta(days=60), title="You first agreed to share", texts=["How long: 90 days"]),
]


def _arrangement(**changes: Any) -> SimpleNamespace:
    values = {
        "id": UUID(int=99), "recipient": recipient, "policy": "https://brightbill.test/policy", "current": True,
        "may_stop": True,
        "status": "Sharing", "customer": None, "customer_name": "Marguerite Hartley", "accounts": [HOME, BEACH],
        "tells_others": True, "concealed": [], "tells_holders": False,
        "agreed": "You agreed", "consented_at": NOW,
        "period": wording.period(YEAR, NOW, NOW + timedelta(seconds=YEAR)), "ended_at": None, "ended_how": None,
        "clusters": clusters(SCOPES, "person"), "timeline": TIMELINE, "disclosed": DISCLOSED,
        "disclosed_by_account": [
            SimpleNamespace(name="About you", data=[DISCLOSED[2]]),
            SimpleNamespace(name="Home, 12 Wattle Street", data=DISCLOSED[:2]),
        ],
    }  # fmt: skip
    return SimpleNamespace(**{**values, **changes})


WAITING = account(7, "Mountain cabin", joint=True, approve_by=NOW + timedelta(days=7), unavailable="approval-pending")
CHANGED = _arrangement(accounts=[HOME, OFF, WAITING], concealed=["Parents’ farm"])
ENDED = _arrangement(
    current=False,
    may_stop=False,
    status="Stopped",
    customer="Waratah Bakery Pty Ltd",
    ended_at=NOW,
    ended_how=wording.END_REASONS["consumer"],
    timeline=[TimelineEntry(at=NOW, title="You stopped sharing"), *TIMELINE[1:]],
)
ONCE = _arrangement(
    may_stop=False,
    status="Sharing once", period=wording.period(86_400, NOW, NOW + timedelta(days=1)), accounts=[], disclosed=[],
    disclosed_by_account=[], timeline=TIMELINE[3:], policy=None,
)  # fmt: skip


MANY = _arrangement(accounts=[*(account(number, f"Shop {number}") for number in range(1, 27)), OFF])


def _card(title: str, number: int, **changes: Any) -> SimpleNamespace:
    values = {
        "id": UUID(int=number), "title": title, "current": True, "status": "Sharing",
        "summary": "Until 24 November 2027", "customer": None, "agreed_at": NOW, "received_at": NOW, "waiting": None,
        "data": "Account and plan details, Billing payments and history, Electricity usage and 4 more kinds of data",
    }  # fmt: skip
    return SimpleNamespace(**{**values, **changes})


OTHER_RECIPIENT = SimpleNamespace(**{**vars(recipient), "client_name": "Solar Sums", "org_name": "Solar Sums"})
GROUPS = [
    SimpleNamespace(recipient=recipient, cards=[_card("Home, 12 Wattle Street and Beach house", 1), _card("Flat", 2)]),
    SimpleNamespace(
        recipient=OTHER_RECIPIENT,
        cards=[
            _card(
                "Your details",
                3,
                status="Sharing once",
                summary="Until 25 November 2026, 3:32 pm AEDT",
                received_at=None,
                waiting=SimpleNamespace(number=2, until=NOW + timedelta(days=7)),
                data="Name and occupation",
            )
        ],
    ),
]
PAST_GROUPS = [
    SimpleNamespace(
        recipient=recipient,
        cards=[
            _card(
                "Shop",
                4,
                current=False,
                status="Stopped",
                summary="Ended on 3 May 2026",
                customer="Waratah Bakery",
            ),
            _card("Home", 5, current=False, status="Shared once", summary="Ended on 3 March 2026"),
        ],
    )
]

LONG_RECIPIENT = SimpleNamespace(
    client_name="Bundesvermögensverwaltungsenergievergleichsportal for Households and Small Businesses of Australia",
    org_name="WaratahBankstownNeighbourhoodEnergyAndSavingsComparisonCooperative",
    legal_entity_name="Waratah Bankstown Neighbourhood Energy and Savings Comparison Cooperative Society Limited",
    accreditation_number="ADRBNK000123",
)
LONG_ACCOUNT = account(
    6, "averyveryveryveryverylongaccountname@withoutanyspaceinit.example", joint=True, note=ASKED,
    approve_by=NOW + timedelta(days=7),
)  # fmt: skip
LONG_NAMES = _arrangement(
    recipient=LONG_RECIPIENT, accounts=[LONG_ACCOUNT], customer="Featherstonehaugh-Cholmondeleywarrenderson Holdings"
)

CODE = {
    "challenge": "c1", "expires_at": NOW + timedelta(minutes=10), "lifetime": "10 minutes", "state": "open",
    "sent_at": NOW, "typed": "marguerite.hartley-featherstonehaugh@people.example", "replaces": False,
    "locked_until": None, "flow_ends_at": NOW + timedelta(minutes=55), "starts_again": False,
}  # fmt: skip
LOCKED = {**CODE, "state": "locked", "locked_until": NOW + timedelta(minutes=31)}
FLOW = {
    "recipient": recipient,
    "flow_path": "/flow/1",
    "form_token": "t",
    "problem": None,
    "acting_for": None,
    "back": None,
}
WRONG = SimpleNamespace(text="That code is not right. You can try 4 more times.", field="code")


def _parts(kind: Any = "person", name: str | None = None, **marks: Any) -> list[SimpleNamespace]:
    """The parts of the data. `marks` are what an amendment does with the clusters of each part."""
    parts: tuple[tuple[Any, tuple[str, ...]], ...] = (
        ("customer", ("profile", "common:")),
        ("accounts", ("energy:accounts.", "energy:billing")),
        ("electricity", ("energy:electricity.",)),
    )
    return [
        SimpleNamespace(
            kind=part,
            heading=part_heading(part, name),
            explanation=part_explanation(part, name),
            clusters=[
                ReviewedCluster(cluster, mark)
                for cluster, mark in zip_longest(
                    clusters([scope for scope in SCOPES if scope.startswith(prefixes)], kind), marks.get(part, ())
                )
                if cluster is not None
            ],
        )
        for part, prefixes in parts
    ]


REVIEW = {
    "shown": "0" * 64, "subjects": "you, 2 accounts and their electricity", "back": "accounts", "steps": 4,
    "step": 4, "amending": False, "accounts": [HOME, BEACH, CABIN], "period": CHANGED.period, "previous": None,
    "period_changes": False, "history_from": NOW - timedelta(days=730), "data_parts": _parts(), "about_person": False,
    "not_about": None, "approvals": None, "dashboard_host": "aurora.haas.localhost:8443",
}  # fmt: skip
SITES = [
    account(number, f"{2 * number} Wattle Street, {town} NSW", chosen=number % 4 == 0)
    for town, numbers in (("Newtown", range(10, 17)), ("Orange", range(17, 24)))
    for number in numbers
]
ACCOUNTS = _accounts(_group("Your accounts", HOME), _group("Joint accounts", BEACH, CABIN, PIER), _group("Closed", OLD))
MANY_ACCOUNTS = _accounts(
    _group("Newtown NSW", *SITES[:7]), _group("Orange NSW", *SITES[7:]), _group("Closed", OLD),
    has_many=True, filter="wattle", total=27, chosen=5, hidden=[UUID(int=77)],
    announcement="15 found. 5 of 27 accounts chosen. 1 of them is not in this list and will stay chosen.",
)  # fmt: skip
SESSION = SimpleNamespace(
    ends_at=NOW + timedelta(minutes=15), can_last_longer=True, just_extended=False, page=str(UUID(int=99))
)
LAST_SESSION = SimpleNamespace(**{**vars(SESSION), "can_last_longer": False})
DASHBOARD: dict[str, Any] = {
    "form_token": "t", "notice": None, "problem": None, "session": SESSION, "return_to": "", "restart": "/",
    "joint": [], "has_secondary_users": False, "stopped": {}, "not_seen": [],
}  # fmt: skip
RECORD = {**DASHBOARD, "made_at": NOW, "retailer": "Aurora Retail Pty Ltd"}

JOINT_SCREENS = joint_screens(DASHBOARD, NOW)

SCREENS: dict[str, tuple[str, dict[str, Any]]] = {
    "1-identify": ("consent/identify", {**FLOW, "step": 1, "steps": 4}),
    "1-identify-problem": (
        "consent/identify",
        {
            **FLOW,
            "step": 1,
            "steps": 4,
            "problem": SimpleNamespace(text="Enter your email address.", field="identifier"),
        },
    ),
    "2-verify": ("consent/verify", {**FLOW, "step": 2, "steps": 4, **CODE}),
    "2-verify-problem": ("consent/verify", {**FLOW, "step": 2, "steps": 4, **CODE, "problem": WRONG}),
    "2-verify-again": ("consent/verify", {**FLOW, "step": 2, "steps": 4, **CODE, "replaces": True, "typed": None}),
    "2-verify-expired": ("consent/verify", {**FLOW, "step": 2, "steps": 4, **CODE, "state": "expired"}),
    "2-verify-spent": ("consent/verify", {**FLOW, "step": 2, "steps": 4, **CODE, "state": "spent"}),
    "2-verify-locked": ("consent/verify", {**FLOW, "step": 2, "steps": 4, **LOCKED}),
    "2-verify-locked-for-long": ("consent/verify", {**FLOW, "step": 2, "steps": 4, **LOCKED, "starts_again": True}),
    "1-identify-locked": ("consent/locked", {**FLOW, "step": 1, "steps": 4, **LOCKED, "identifiers": 3}),
    "1-identify-used": (
        "consent/locked",
        {**FLOW, "step": 1, "steps": 4, **CODE, "starts_again": True, "identifiers": 3},
    ),
    "3-customer": (
        "consent/customer",
        {
            **FLOW,
            "step": 3,
            "steps": 5,
            "chosen_customer": None,
            "not_permitted": ["Ironbark Sawmill Pty Ltd"],
            "customers": [
                SimpleNamespace(id=UUID(int=1), name="Marguerite Hartley", kind="person", is_self=True),
                SimpleNamespace(id=UUID(int=2), name="Waratah Bakery Pty Ltd", kind="organisation", is_self=False),
            ],
        },
    ),
    "3-accounts": ("consent/accounts", {**FLOW, **ACCOUNTS}),
    "3-accounts-problem": (
        "consent/accounts",
        {
            **FLOW,
            **ACCOUNTS,
            "amending": True,
            "problem": SimpleNamespace(text="Choose at least one account.", field="account-1"),
        },
    ),
    "3-accounts-none": ("consent/accounts", {**FLOW, **_accounts()}),
    "3-accounts-not-permitted": (
        "consent/accounts",
        {**FLOW, **_accounts(unavailable=(), not_permitted=["Waratah Bakery Pty Ltd"])},
    ),
    "3-accounts-many": ("consent/accounts", {**FLOW, **MANY_ACCOUNTS}),
    "4-review": (
        "consent/review",
        {
            **FLOW,
            **REVIEW,
            "subjects": "you, 3 accounts and their electricity",
            "approvals": "Data of 1 account is shared only if all account holders approve by 1 December 2026.",
        },
    ),
    "4-review-amending": (
        "consent/review",
        {
            **FLOW,
            **REVIEW,
            "amending": True,
            "previous": wording.period(90 * 86_400, NOW, NOW + timedelta(days=9)),
            "period_changes": True,
            "accounts": [
                account(1, "Home, 12 Wattle Street", change="kept"),
                account(2, "Beach house", joint=True, change="new", note=TOLD),
                account(3, "Flat in Newtown", closed=True, change="removed"),
            ],
            "data_parts": _parts(
                customer=("kept", "kept", "kept"), accounts=("kept", "kept", "removed"), electricity=("kept", "new")
            ),
        },
    ),
    "4-review-once-organisation": (
        "consent/review",
        {
            **FLOW,
            **REVIEW,
            "period": wording.period(0, NOW, NOW),
            "acting_for": "Waratah Bakery Pty Ltd",
            "about_person": True,
            "accounts": [HOME],
            "subjects": "Waratah Bakery Pty Ltd, 1 account and its electricity",
            "not_about": "Waratah Bakery Pty Ltd",
            "data_parts": _parts("organisation", "Waratah Bakery Pty Ltd"),
        },
    ),
    "4-review-long-names": (
        "consent/review",
        {**FLOW, **REVIEW, "recipient": LONG_RECIPIENT, "accounts": [LONG_ACCOUNT]},
    ),
    "5-sign-in": ("dashboard/sign_in", DASHBOARD),
    "5-sign-in-verify": ("dashboard/verify", {**DASHBOARD, **CODE}),
    "5-sign-in-link": ("dashboard/link", {**DASHBOARD, "state": "ready", "token": "t"}),
    "5-sign-in-link-not-newest": ("dashboard/link", {**DASHBOARD, "state": "not-newest", "token": ""}),
    "5-sign-in-link-elsewhere": ("dashboard/link", {**DASHBOARD, "state": "elsewhere", "token": ""}),
    "6-arrangements": (
        "dashboard/arrangements",
        {**DASHBOARD, "current": GROUPS, "past": PAST_GROUPS, "not_seen": ["Ironbark Sawmill Pty Ltd"]},
    ),
    "6-arrangements-joint": (
        "dashboard/arrangements",
        {**DASHBOARD, "current": [], "past": [], "not_seen": [], "joint": JOINT_CARDS},
    ),
    "6-arrangements-none": ("dashboard/arrangements", {**DASHBOARD, "current": [], "past": [], "not_seen": []}),
    "6-arrangements-long-names": (
        "dashboard/arrangements",
        {
            **DASHBOARD,
            "current": [SimpleNamespace(recipient=LONG_RECIPIENT, cards=[_card(LONG_ACCOUNT.name, 6)])],
            "past": [],
            "not_seen": [],
        },
    ),
    "7-arrangement-long-names": ("dashboard/arrangement", {**DASHBOARD, "arrangement": LONG_NAMES}),
    "7-arrangement": ("dashboard/arrangement", {**DASHBOARD, "arrangement": CHANGED}),
    "7-arrangement-ended": (
        "dashboard/arrangement",
        {**DASHBOARD, "arrangement": ENDED, "notice": "You have stopped sharing with Bright Bill Comparison."},
    ),
    "7-arrangement-once": ("dashboard/arrangement", {**DASHBOARD, "arrangement": ONCE, "session": LAST_SESSION}),
    "7-arrangement-many-accounts": ("dashboard/arrangement", {**DASHBOARD, "arrangement": MANY}),
    "7-record": ("dashboard/record", {**RECORD, "arrangement": ENDED}),
    "7-record-long-names": ("dashboard/record", {**RECORD, "arrangement": LONG_NAMES}),
    "8-withdraw": ("dashboard/withdraw", {**DASHBOARD, "arrangement": CHANGED}),
    **JOINT_SCREENS,
    "10-admin": ("admin/start", {"person": None, "form_token": "t", "dashboard_url": "/dashboard"}),
    "10-admin-signed-in": ("admin/start", {"person": SimpleNamespace(name="Kim Wattle"), "form_token": "t"}),
    "11-console": ("console/start", {}),
}

_USED = _arrangement(
    accounts=[HOME, account(7, "Grandma’s unit", unavailable="secondary-user")], tells_others=False, tells_holders=True
)
SCREENS |= {
    "6-arrangements-used": (
        "dashboard/arrangements",
        {
            **DASHBOARD,
            "current": GROUPS,
            "past": [],
            "has_secondary_users": True,
            "stopped": {UUID(int=1): "Beach house"},
        },
    ),
    "7-arrangement-used": ("dashboard/arrangement", {**DASHBOARD, "arrangement": _USED}),
    "8-withdraw-used": ("dashboard/withdraw", {**DASHBOARD, "arrangement": _USED}),
    **secondary_user_screens(DASHBOARD, LONG_RECIPIENT, NOW),
}


NAMES = (
    *SCREENS, "9-request-over", "9-flow-sharing", "9-flow-unfinished", "9-flow-expired", "9-failed", "9-down",
    "9-staff-not-found",
)  # fmt: skip
"""The screens, and the pages with one message. Those of the staff have `staff`, or 10 or 11, in their names."""


CONSUMER_NAMES: Final = (
    *(name for name, (template, _) in SCREENS.items() if template.startswith(("consent/", "dashboard/"))),
    *(f"9-{kind}" for kind in get_args(pages.MessageKind)),
)
"""Every page that a consumer can see, in every state: also the messages that are not in NAMES."""


class Screens:
    """The screens of one brand."""

    names = NAMES

    def __init__(self, made: Brand, host: str = "brand.haas.localhost:8443") -> None:
        """`host` is the public host of the brand, which one of the pages names."""
        self.brand = made
        self._own = {"dashboard_host": host, "retailer": made.theme.texts.legal_name or made.name}

    def html(self, name: str) -> str:
        """Return the page of the screen with this name."""
        if name.startswith("9-"):
            kind: Any = name.removeprefix("9-").removeprefix("staff-")
            site = ADMINISTRATION if "staff" in name else CONSUMER
            link = recipient_link(recipient)
            return pages.render(self.brand, site, kind, reference="K7QM2XWB", recipient=link)
        template, values = SCREENS[name]
        site = {"admin": ADMINISTRATION, "console": CONSOLE}.get(template.partition("/")[0], CONSUMER)
        own = {value: self._own[value] for value in self._own.keys() & values.keys()}
        return render(template, self.brand, site, **{**values, **own})
