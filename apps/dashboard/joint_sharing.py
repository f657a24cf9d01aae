"""The pages about what other holders share of a joint account: seeing it, approving it, and removing the approval.

CDR Rules 4A.10 to 4A.13. They are about the joint account only, and say nothing about who shares (K-12, K-25).
"""

from typing import Any, Final, Literal
from uuid import UUID

from litestar import Request, Response, get, post
from litestar.exceptions import NotFoundException
from litestar.params import FromPath

from apps.dashboard.browser import COOKIE, FORM_OPTIONS, PAGE_OPTIONS, signed_in_page
from apps.dashboard.disclosed import disclosed_by_account
from apps.dashboard.joint_addresses import JOINT_ACCOUNT, account_path
from apps.dashboard.joint_requests import JointRequest, joint_request, named_account
from apps.dashboard.joint_sharing_views import SharedView, shared_view
from apps.dashboard.recipients import accreditation_numbers, identified_recipient
from apps.dashboard.return_page import with_query
from apps.http.page_forms import read_form
from apps.http.pages import redirect
from haas.language import gettext
from tenants.accounts.models import HeldAccount
from tenants.disclosure import ledger
from tenants.joint_accounts import approvals, sharing
from tenants.joint_accounts.errors import NotAskedForApproval, SharingNotFound
from tenants.joint_accounts.holders import is_protected
from themes.problems import problem

_Request = Request[Any, Any, Any]
_SHARING: Final = f"{JOINT_ACCOUNT}/sharing/{{sharing_id:uuid}}"
_DECISION: Final = f"{_SHARING}/{{decision:str}}"
_ANSWERS: Final[dict[str, Literal["approved", "declined"]]] = {"approve": "approved", "decline": "declined"}
_REMOVE: Final = "remove"


@get(_SHARING, **PAGE_OPTIONS)
async def show_joint_sharing(
    request: _Request, customer_id: FromPath[UUID], account_id: FromPath[UUID], sharing_id: FromPath[UUID]
) -> Response[str]:
    """Show what is shared of the account, with whom and until when, and what was disclosed."""
    async with joint_request(request, customer_id) as asked:
        account, view = await _load(asked, account_id, sharing_id)
    numbers = await accreditation_numbers(request, [view.shared])
    return signed_in_page(
        request,
        asked.session,
        "dashboard/joint_sharing",
        recipient=identified_recipient(view.shared, numbers),
        path=account_path(customer_id, account_id),
        account=account,
        customer=asked.viewer.acting_for(customer_id),
        sharing=view,
        notice=joint_sharing_notice(request.query_params.get("notice"), view),
        problem=problem(request.query_params.get("problem")),
    )


@get(_DECISION, **PAGE_OPTIONS)
async def ask_about_approval(
    request: _Request,
    customer_id: FromPath[UUID],
    account_id: FromPath[UUID],
    sharing_id: FromPath[UUID],
    decision: FromPath[str],
) -> Response[Any]:
    """Explain what the decision does, and ask for confirmation. What cannot be decided leads to the sharing's page."""
    _require_known(decision)
    async with joint_request(request, customer_id) as asked:
        account, view = await _load(asked, account_id, sharing_id)
        protected = await is_protected(asked.tx, asked.acting, account_id, asked.now)
    if not (view.can_remove if decision == _REMOVE else view.card.approve_by):
        return redirect(view.card.path)
    return signed_in_page(
        request,
        asked.session,
        "dashboard/joint_decision",
        path=account_path(customer_id, account_id),
        account=account,
        customer=asked.viewer.acting_for(customer_id),
        sharing=view,
        decision=decision,
        is_protected=protected,
    )


@post(_DECISION, **FORM_OPTIONS)
async def decide_about_approval(
    request: _Request,
    customer_id: FromPath[UUID],
    account_id: FromPath[UUID],
    sharing_id: FromPath[UUID],
    decision: FromPath[str],
) -> Response[None]:
    """Approve, decline or remove the approval. A form that is sent twice has one effect."""
    await read_form(request, COOKIE.secret(request))
    _require_known(decision)
    path = account_path(customer_id, account_id, "sharing", sharing_id)
    async with joint_request(request, customer_id) as asked:
        shared = await sharing.look_up(asked.tx, asked.acting, account_id, sharing_id, now=asked.now)
        stored = "removed" if decision == _REMOVE else _ANSWERS[decision]
        try:
            if decision == _REMOVE:
                await approvals.remove(*asked.services, sharing_id, now=asked.now)
            else:
                await approvals.decide(*asked.services, sharing_id, _ANSWERS[decision], now=asked.now)
        except (NotAskedForApproval, SharingNotFound):  # it is answered, or the time is over, or it has ended
            if shared.own_approval != stored:
                return redirect(with_query(path, problem="answer-not-needed"))
    return redirect(with_query(path, notice=stored))


async def _load(asked: JointRequest, account_id: UUID, sharing_id: UUID) -> tuple[HeldAccount, SharedView]:
    shared = await sharing.look_up(asked.tx, asked.acting, account_id, sharing_id, now=asked.now)
    account = await named_account(asked, account_id)
    zone = asked.viewer.zone
    entries = await ledger.of_account(asked.tx, account_id, asked.acting.customer_id, now=asked.now, zone=zone)
    disclosed = disclosed_by_account(
        [each for each in entries if each.arrangement_id == shared.arrangement_id], {account_id: account.name}, "person"
    )
    path, customer_id = account_path(asked.acting.customer_id, account_id), asked.acting.customer_id
    data = disclosed[0].data if disclosed else ()
    may_change, decided_by = asked.viewer.may_stop(customer_id), asked.viewer.acted(customer_id, shared.own_approval_by)
    return account, shared_view(shared, path, decided_by, data, asked.now, may_change=may_change)


def _require_known(decision: str) -> None:
    if decision != _REMOVE and decision not in _ANSWERS:
        raise NotFoundException


def joint_sharing_notice(name: str | None, view: SharedView) -> str | None:
    """Return what the page says after a form. It is true whoever has made the link."""
    product, own = view.shared.product, view.shared.own_approval
    match name:
        case "removed" if own in {"withdrawn", "declined"}:
            return gettext(
                "The approval is removed. {product} gets no more data of this account under this authorisation.",
                product=product,
            )
        case "approved" if own == "approved":
            return gettext("You have approved sharing with {product}.", product=product)
        case "declined" if own == "declined":
            return gettext("You have declined sharing with {product}.", product=product)
    return None
