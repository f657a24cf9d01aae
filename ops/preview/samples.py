"""All pages with realistic values: to look at a theme before it is published, and to check the real templates.

A text of the product is made by the product's own function when the page is made (`late_texts`), so it is in the
language of the page. The other texts are data: names, addresses and numbers.
"""

from datetime import UTC, datetime, timedelta
from itertools import zip_longest
from types import SimpleNamespace
from typing import Any, Final, get_args
from uuid import UUID

from apps.dashboard.labels import joined
from apps.dashboard.sharing import stopped_notice
from apps.dashboard.timeline import TimelineEntry
from haas.language import day_text, enumeration, gettext, ngettext
from ops.preview.joint_screens import JOINT_CARDS, joint_screens
from ops.preview.late_texts import day, hint, late, said
from ops.preview.secondary_user_screens import secondary_user_screens
from tenants.consent.models import ReviewedCluster
from tenants.data_language import clusters
from themes import pages, wording
from themes.brand import Brand
from themes.consent_wording import (
    ApprovalTime,
    all_must_approve,
    others_note,
    part_explanation,
    part_heading,
    selection_status,
)
from themes.problems import problem
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
        "id": UUID(int=number), "name": name, "number": hint(4400 + number), "joint": False, "closed": False,
        "unavailable": None, "chosen": False, "change": None, "note": None, "approve_by": None,
        "details": ["Everyday Saver", said("Electricity"), hint(4400 + number)],
    }  # fmt: skip
    return SimpleNamespace(**{**values, **changes})


HOME = account(1, "Home, 12 Wattle Street", chosen=True)
IN_A_WEEK, IN_A_YEAR = NOW + timedelta(days=7), NOW + timedelta(days=365)


def _note(part: str) -> Any:
    """Return what the other holders of a joint account have to do with the sharing."""
    held: Any = SimpleNamespace(part_of_others=part, joint=True)
    return late(lambda: others_note(held, ApprovalTime(by=day_text(IN_A_WEEK))))


TOLD, ASKED = _note("may-be-told"), _note("must-approve")
BEACH = account(2, "Beach house", joint=True, chosen=True, note=TOLD)
CABIN = account(7, "Mountain cabin", joint=True, chosen=True, note=ASKED)
PIER = account(8, "Boat at the pier", joint=True, note=_note("not-told"))
OLD = account(3, "Flat in Newtown", closed=True)
OFF = account(4, "Parents’ farm", joint=True, unavailable="sharing-off")
USER = account(5, "Account of R. Hartley-Featherstonehaugh", unavailable="secondary-user")


def _group(heading: Any, *accounts: Any) -> SimpleNamespace:
    chosen = all(each.chosen for each in accounts)
    return SimpleNamespace(key=f"own:{accounts[0].name}", heading=heading, accounts=accounts, all_chosen=chosen)


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
        title=said(title), accounts=accounts, first_day=since, last_at=NOW, corrected_at=corrected_at, answers=days + 1
    )


DISCLOSED = [
    _disclosed("Account and plan details", days=60, accounts="Home, 12 Wattle Street and Beach house"),
    _disclosed("Billing payments and history", days=60, accounts="Home, 12 Wattle Street", corrected=True),
    _disclosed("Name and occupation", days=0),
]


def _entry(days: int, title: Any, *texts: Any, has_time: bool = True) -> TimelineEntry:
    return TimelineEntry(at=NOW - timedelta(days=days), title=title, texts=texts, has_time=has_time)


TIMELINE = [
    _entry(0, said("{recipient} last received data", recipient=recipient.client_name)),
    _entry(
        30,
        said("You changed the sharing"),
        said("Data added: {names}", names=said("Electricity usage")),
        said("How long: {duration}, until {day}", duration=said("12 months"), day=day(IN_A_YEAR)),
    ),
    _entry(60, said("{recipient} first received data", recipient=recipient.client_name), has_time=False),
    _entry(60, said("You first agreed to share"), said("How long: once only")),
]


def _period(seconds: int, ends_at: datetime) -> Any:
    return late(wording.period, seconds, NOW, ends_at)


def _arrangement(**changes: Any) -> SimpleNamespace:
    values = {
        "id": UUID(int=99), "recipient": recipient, "policy": "https://brightbill.test/policy", "current": True,
        "may_stop": True,
        "status": said("Sharing"), "customer": None, "customer_name": "Marguerite Hartley", "accounts": [HOME, BEACH],
        "tells_others": True, "concealed": [], "tells_holders": False,
        "agreed": said("You agreed"), "consented_at": NOW,
        "period": _period(YEAR, IN_A_YEAR), "ended_at": None, "ended_how": None,
        "clusters": late(clusters, SCOPES, "person"), "timeline": TIMELINE, "disclosed": DISCLOSED,
        "disclosed_by_account": [
            SimpleNamespace(name=said("About you"), data=[DISCLOSED[2]]),
            SimpleNamespace(name="Home, 12 Wattle Street", data=DISCLOSED[:2]),
        ],
    }  # fmt: skip
    return SimpleNamespace(**{**values, **changes})


WAITING = account(7, "Mountain cabin", joint=True, approve_by=NOW + timedelta(days=7), unavailable="approval-pending")
CHANGED = _arrangement(accounts=[HOME, OFF, WAITING], concealed=["Parents’ farm"])
ENDED = _arrangement(
    current=False,
    may_stop=False,
    status=said("Stopped"),
    customer="Waratah Bakery Pty Ltd",
    ended_at=NOW,
    ended_how=said("{who} stopped sharing.", who=said("Your attorney")),
    timeline=[_entry(0, said("{who} stopped sharing", who=said("Your attorney"))), *TIMELINE[1:]],
)
ONCE = _arrangement(
    may_stop=False,
    status=said("Sharing once"), period=_period(86_400, NOW + timedelta(days=1)), accounts=[], disclosed=[],
    disclosed_by_account=[], timeline=TIMELINE[3:], policy=None,
)  # fmt: skip


MANY = _arrangement(accounts=[*(account(number, f"Shop {number}") for number in range(1, 27)), OFF])


def _card(title: Any, number: int, **changes: Any) -> SimpleNamespace:
    values = {
        "id": UUID(int=number), "title": title, "current": True, "status": said("Sharing"),
        "summary": said("Until {time}", time=day(IN_A_YEAR)), "customer": None, "agreed_at": NOW, "received_at": NOW,
        "waiting": None,
        "data": late(
            lambda: joined([each.title for each in clusters(SCOPES, "person")], "kind")
        ),
    }  # fmt: skip
    return SimpleNamespace(**{**values, **changes})


OTHER_RECIPIENT = SimpleNamespace(**{**vars(recipient), "client_name": "Solar Sums", "org_name": "Solar Sums"})
GROUPS = [
    SimpleNamespace(recipient=recipient, cards=[_card("Home, 12 Wattle Street and Beach house", 1), _card("Flat", 2)]),
    SimpleNamespace(
        recipient=OTHER_RECIPIENT,
        cards=[
            _card(
                said("Your details"),
                3,
                status=said("Sharing once"),
                summary=said("Until {time}", time=day(IN_A_WEEK)),
                received_at=None,
                waiting=SimpleNamespace(number=2, until=NOW + timedelta(days=7)),
                data=said("Name and occupation"),
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
                status=said("Stopped"),
                summary=said("Ended on {day}", day=day(NOW - timedelta(days=200))),
                customer="Waratah Bakery",
            ),
            _card(
                "Home",
                5,
                current=False,
                status=said("Shared once"),
                summary=said("Ended on {day}", day=day(NOW - timedelta(days=260))),
            ),
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
    "challenge": "c1", "expires_at": NOW + timedelta(minutes=10), "lifetime": late(wording.duration, 600),
    "state": "open", "sent_at": NOW, "typed": "marguerite.hartley-featherstonehaugh@people.example", "replaces": False,
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
WRONG = late(problem, "code-wrong", tries_left=4)


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


def _subjects(number: int, name: str | None = None) -> Any:
    """Return what the data is about."""
    return late(
        lambda: enumeration(
            [
                name or gettext("you"),
                ngettext("{number} account", "{number} accounts", number),
                ngettext("its electricity", "their electricity", number),
            ]
        )
    )


REVIEW = {
    "shown": "0" * 64, "subjects": _subjects(2), "back": "accounts", "steps": 4,
    "step": 4, "amending": False, "accounts": [HOME, BEACH, CABIN], "period": CHANGED.period, "previous": None,
    "period_changes": False, "history_from": NOW - timedelta(days=730), "data_parts": late(_parts),
    "about_person": False,
    "not_about": None, "approvals": None, "dashboard_host": "aurora.haas.localhost:8443",
}  # fmt: skip
SITES = [
    account(number, f"{2 * number} Wattle Street, {town} NSW", chosen=number % 4 == 0)
    for town, numbers in (("Newtown", range(10, 17)), ("Orange", range(17, 24)))
    for number in numbers
]
ACCOUNTS = _accounts(
    _group(said("Your accounts"), HOME), _group(said("Joint accounts"), BEACH, CABIN, PIER), _group(said("Closed"), OLD)
)
_SELECTION = SimpleNamespace(available=range(27), listed=range(15), hidden=range(1), chosen=range(5), filter="wattle")
MANY_ACCOUNTS = _accounts(
    _group("Newtown NSW", *SITES[:7]), _group("Orange NSW", *SITES[7:]), _group(said("Closed"), OLD),
    has_many=True, filter="wattle", total=27, chosen=5, hidden=[UUID(int=77)],
    announcement=late(selection_status, _SELECTION),
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
            "problem": late(problem, "identifier-missing", label="Email address"),
        },
    ),
    "2-verify": ("consent/verify", {**FLOW, "step": 2, "steps": 4, **CODE}),
    "2-verify-problem": ("consent/verify", {**FLOW, "step": 2, "steps": 4, **CODE, "problem": WRONG}),
    "2-verify-again": ("consent/verify", {**FLOW, "step": 2, "steps": 4, **CODE, "replaces": True, "typed": None}),
    "2-verify-expired": ("consent/verify", {**FLOW, "step": 2, "steps": 4, **CODE, "state": "expired"}),
    "2-verify-spent": ("consent/verify", {**FLOW, "step": 2, "steps": 4, **CODE, "state": "spent"}),
    "2-verify-locked": ("consent/verify", {**FLOW, "step": 2, "steps": 4, **LOCKED}),
    "2-verify-locked-for-long": (
        "consent/verify",
        {
            **FLOW,
            "step": 2,
            "steps": 4,
            **LOCKED,
            "starts_again": True,
            "flow_ends_at": NOW + timedelta(minutes=12),
        },
    ),
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
            "problem": late(problem, "accounts-missing"),
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
            "subjects": _subjects(3),
            "approvals": late(lambda: all_must_approve(1, ApprovalTime(by=day_text(IN_A_WEEK)))),
        },
    ),
    "4-review-amending": (
        "consent/review",
        {
            **FLOW,
            **REVIEW,
            "amending": True,
            "previous": _period(90 * 86_400, NOW + timedelta(days=9)),
            "period_changes": True,
            "accounts": [
                account(1, "Home, 12 Wattle Street", change="kept"),
                account(2, "Beach house", joint=True, change="new", note=TOLD),
                account(3, "Flat in Newtown", closed=True, change="removed"),
            ],
            "data_parts": late(
                _parts,
                customer=("kept", "kept", "kept"),
                accounts=("kept", "kept", "removed"),
                electricity=("kept", "new"),
            ),
        },
    ),
    "4-review-once-organisation": (
        "consent/review",
        {
            **FLOW,
            **REVIEW,
            "period": _period(0, NOW),
            "acting_for": "Waratah Bakery Pty Ltd",
            "about_person": True,
            "accounts": [HOME],
            "subjects": _subjects(1, "Waratah Bakery Pty Ltd"),
            "not_about": "Waratah Bakery Pty Ltd",
            "data_parts": late(_parts, "organisation", "Waratah Bakery Pty Ltd"),
        },
    ),
    "4-review-long-names": (
        "consent/review",
        {**FLOW, **REVIEW, "recipient": LONG_RECIPIENT, "accounts": [LONG_ACCOUNT]},
    ),
    "5-sign-in": ("dashboard/sign_in", DASHBOARD),
    "5-sign-in-verify": ("dashboard/verify", {**DASHBOARD, **CODE}),
    "5-sign-in-locked": ("dashboard/locked", {**DASHBOARD, **LOCKED}),
    "5-sign-in-verify-locked": ("dashboard/verify", {**DASHBOARD, **LOCKED}),
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
        {
            **DASHBOARD,
            "arrangement": ENDED,
            "notice": late(stopped_notice, recipient.client_name),
        },
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
    "9-too-many-requests", "9-staff-not-found",
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
