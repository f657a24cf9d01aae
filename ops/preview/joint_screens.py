"""The pages about joint accounts with realistic values."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from types import SimpleNamespace
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec

from apps.dashboard.disclosed import DisclosedEntry
from apps.dashboard.joint_cards import JointCard
from apps.dashboard.joint_sharing import joint_sharing_notice
from apps.dashboard.joint_sharing_views import shared_view
from apps.dashboard.joint_views import effects_view, joint_account_view
from apps.dashboard.recipients import identified_recipient
from apps.dashboard.viewer import DashboardViewer
from ops.preview.late_texts import hint, late, said
from tenants.accounts.models import DisclosureFacts, HeldAccount, account_hint
from tenants.data_language import clusters
from tenants.holders.models import NoticeChoice
from tenants.joint_accounts.models import AffectedSharing, OptionPreview, OptionState, Proposal, SharedByOther
from tenants.parties.acting import Acting
from tenants.parties.models import Customer
from themes.joint_wording import OPTION_NAMES
from themes.problems import problem

LONG_NAME = "Bundesvermögensverwaltungsenergievergleichsportal for Households and Small Businesses of Australia"
CUSTOMER, ACCOUNT = UUID(int=1), UUID(int=2)
PATH = f"/dashboard/joint-accounts/{CUSTOMER}/{ACCOUNT}"

JOINT_CARDS = [
    JointCard(
        path=PATH, name="Beach house", number=hint(4402), closed=False, customer=None,
        option=said(OPTION_NAMES["pre-approval"]), has_others=True, to_answer=2,
        shared_with="Bright Bill Comparison and Solar Sums",
    ),
    JointCard(
        path=PATH, name="14 Wattle Street, Newtown NSW 2042", number=hint(4409),
        closed=True, customer="Waratah Bakery Pty Ltd", option=said(OPTION_NAMES["no-disclosure"]), has_others=True,
        to_answer=0, shared_with="",
    ),
]  # fmt: skip


def _beach_house() -> HeldAccount:
    return HeldAccount(
        id=ACCOUNT, name="Beach house", number=account_hint("4402"), joint=True, closed=False, unavailable=None,
        disclosure_facts=DisclosureFacts(role="joint-holder"),
    )  # fmt: skip


def _account_page(asked: Any, state: OptionState, shared: Sequence[SharedByOther], notices: NoticeChoice) -> Any:
    return late(lambda: joint_account_view(asked, _beach_house(), state, shared, notices))


def joint_screens(dashboard: Mapping[str, Any], now: datetime) -> dict[str, tuple[str, dict[str, Any]]]:
    """Return the template and the values of each screen. `dashboard` are the values of every page."""
    mia = Customer(id=CUSTOMER, kind="person", name="Mia Wong", is_self=True)
    viewer = DashboardViewer(login_id=UUID(int=9), customers=[mia], now=now, zone=ZoneInfo("Australia/Sydney"))
    asked: Any = SimpleNamespace(acting=Acting(customer_id=CUSTOMER, staff="s"), viewer=viewer, now=now)
    shared = SharedByOther(
        id=UUID(int=3), arrangement_id=UUID(int=4), account_id=ACCOUNT, account="Beach house",
        recipient="Bright Bill Technologies Pty Ltd", brand="Bright Bill", product="Bright Bill Comparison",
        recipient_id="r", policy_uri="https://brightbill.example/cdr-policy",
        data=late(clusters, ("energy:accounts.basic:read", "energy:billing:read"), "person"),
        authorised_at=now - timedelta(days=30), changed_at=(now - timedelta(days=3),), until=now + timedelta(days=335),
        is_once_off=False, ended_at=None, state="sharing", own_approval=None, own_approval_by=None,
        approve_by=None,
    )  # fmt: skip
    waiting = msgspec.structs.replace(
        shared, id=UUID(int=5), product="Solar Sums", state="approval-pending", own_approval="pending",
        approve_by=now + timedelta(days=7),
    )  # fmt: skip
    ended = msgspec.structs.replace(shared, id=UUID(int=6), state="ended", ended_at=now)
    removed = msgspec.structs.replace(shared, state="approval-withdrawn", own_approval="withdrawn")
    proposal = Proposal(
        id=UUID(int=7), option="pre-approval", at=now, due_at=now + timedelta(days=30), is_own=False, is_answered=False
    )
    state = OptionState(
        account_id=ACCOUNT, option="pre-approval", since=None, offered=("co-approval", "no-disclosure"),
        needs_agreement=(), has_others=True, is_protected=False, proposal=None,
    )  # fmt: skip
    asked_state = msgspec.structs.replace(
        state, option="no-disclosure", since=now, offered=("pre-approval",), needs_agreement=("pre-approval",),
        is_protected=True, proposal=proposal,
    )  # fmt: skip
    affected = AffectedSharing(
        recipient=shared.recipient, product=shared.product, until=shared.until, is_own=False, arrangement_id=None,
        is_shared=True, effect="stops",
    )  # fmt: skip
    own = msgspec.structs.replace(affected, product="Solar Sums", is_own=True, arrangement_id=UUID(int=8))
    stops = OptionPreview(
        account_id=ACCOUNT, now="pre-approval", chosen="no-disclosure", takes_effect="at-once", has_others=True,
        is_protected=True, sharing=(affected, own, msgspec.structs.replace(own, effect="none")),
    )  # fmt: skip
    restarting = tuple(msgspec.structs.replace(each, is_shared=False, effect="resumes") for each in (affected, own))
    resumes = OptionPreview(
        account_id=ACCOUNT, now="no-disclosure", chosen="pre-approval", takes_effect="when-all-agree",
        has_others=True, is_protected=False, sharing=restarting,
    )  # fmt: skip
    entry = DisclosedEntry(
        title=said("Billing payments and history"),
        first_day=now.date(),
        last_at=now,
        answers=2,
        corrected_at=None,
    )
    long_names = msgspec.structs.replace(waiting, product=LONG_NAME, brand=LONG_NAME, recipient=f"{LONG_NAME} Pty Ltd")
    page = {**dashboard, "path": PATH, "account": late(_beach_house), "customer": None}
    missing = late(problem, "notices-missing")
    views = {
        name: late(shared_view, each, PATH, None, disclosed, now, may_change=True)
        for name, each, disclosed in (
            ("shared", shared, [entry]),
            ("asked", waiting, []),
            ("long", long_names, []),
            ("removed", removed, [entry]),
        )
    }
    recipients = {
        name: identified_recipient(each, {"r": "ADR000123"})
        for name, each in (("shared", shared), ("asked", waiting), ("long", long_names), ("removed", removed))
    }
    of_sharing = {name: {**page, "sharing": view, "recipient": recipients[name]} for name, view in views.items()}
    return {
        "12-joint-accounts": ("dashboard/joint_accounts", {**dashboard, "joint": JOINT_CARDS}),
        "12-joint-accounts-none": ("dashboard/joint_accounts", {**dashboard, "joint": []}),
        "12-joint-account": (
            "dashboard/joint_account",
            {
                **dashboard,
                "joint": _account_page(asked, state, [shared, waiting, ended], "all"),
            },
        ),
        "12-joint-account-proposal": (
            "dashboard/joint_account",
            {
                **dashboard,
                "joint": _account_page(asked, asked_state, [], "none"),
                "problem": missing,
            },
        ),
        "12-joint-option-stops": (
            "dashboard/joint_option",
            {
                **page,
                "effects": late(effects_view, stops),
                "closes_proposal": True,
                "problem": late(problem, "option-changed"),
            },
        ),
        "12-joint-option-resumes": (
            "dashboard/joint_option",
            {**page, "effects": late(effects_view, resumes), "closes_proposal": False},
        ),
        "12-joint-proposal": (
            "dashboard/joint_proposal",
            {**page, "effects": late(effects_view, resumes), "answer": "agree", "proposal": proposal},
        ),
        "12-joint-sharing": ("dashboard/joint_sharing", of_sharing["shared"]),
        "12-joint-sharing-asked": ("dashboard/joint_sharing", of_sharing["asked"]),
        "7-joint-sharing-long-names": ("dashboard/joint_sharing", of_sharing["long"]),
        "12-joint-sharing-removed": (
            "dashboard/joint_sharing",
            {**of_sharing["removed"], "notice": late(joint_sharing_notice, "removed", views["removed"])},
        ),
        "12-joint-approve": (
            "dashboard/joint_decision",
            {**page, "sharing": views["asked"], "decision": "approve", "is_protected": False},
        ),
        "12-joint-remove": (
            "dashboard/joint_decision",
            {**page, "sharing": views["shared"], "decision": "remove", "is_protected": False},
        ),
    }
