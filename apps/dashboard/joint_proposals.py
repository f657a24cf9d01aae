"""The pages on which a holder answers a proposal of another holder, or withdraws an own one (CDR Rules 4A.8)."""

from typing import Any, Final, Literal
from uuid import UUID

from litestar import Request, Response, get, post
from litestar.exceptions import NotFoundException
from litestar.params import FromPath

from apps.dashboard.browser import COOKIE, FORM_OPTIONS, PAGE_OPTIONS, signed_in_page
from apps.dashboard.joint_addresses import JOINT_ACCOUNT, account_path
from apps.dashboard.joint_requests import joint_request, named_account
from apps.dashboard.joint_views import effects_view
from apps.dashboard.return_page import with_query
from apps.http.page_forms import read_form
from apps.http.pages import redirect
from tenants.joint_accounts import options
from tenants.joint_accounts.errors import ProposalNotFound
from tenants.joint_accounts.models import OptionState, Proposal

_Request = Request[Any, Any, Any]
_ANSWER: Final = f"{JOINT_ACCOUNT}/proposal/{{proposal_id:uuid}}/{{answer:str}}"
_ANSWERS: Final = ("agree", "decline", "withdraw")


@get(_ANSWER, **PAGE_OPTIONS)
async def ask_about_proposal(
    request: _Request,
    customer_id: FromPath[UUID],
    account_id: FromPath[UUID],
    proposal_id: FromPath[UUID],
    answer: FromPath[str],
) -> Response[Any]:
    """Explain what the answer does, and ask for confirmation. What cannot be answered leads to the account's page."""
    _require_known(answer)
    path = account_path(customer_id, account_id)
    async with joint_request(request, customer_id) as asked:
        state = await options.state(*asked.services, account_id, now=asked.now)
        proposal = _answerable(state, proposal_id, answer)
        if proposal is None:
            return redirect(with_query(path, problem="proposal-over"))
        preview = await options.preview(*asked.services, account_id, proposal.option, now=asked.now)
        account = await named_account(asked, account_id)
    return signed_in_page(
        request,
        asked.session,
        "dashboard/joint_proposal",
        path=path,
        account=account,
        customer=asked.viewer.acting_for(customer_id),
        answer=answer,
        proposal=proposal,
        effects=effects_view(preview),
    )


@post(_ANSWER, **FORM_OPTIONS)
async def answer_proposal(
    request: _Request,
    customer_id: FromPath[UUID],
    account_id: FromPath[UUID],
    proposal_id: FromPath[UUID],
    answer: FromPath[str],
) -> Response[None]:
    """Store the answer, or withdraw the proposal."""
    await read_form(request, COOKIE.secret(request))
    _require_known(answer)
    path = account_path(customer_id, account_id)
    try:
        async with joint_request(request, customer_id) as asked:
            if answer == "withdraw":
                await options.withdraw_proposal(*asked.services, proposal_id, now=asked.now)
                return redirect(with_query(path, notice="withdrawn"))
            given: Literal["agreed", "declined"] = "agreed" if answer == "agree" else "declined"
            await options.answer(*asked.services, proposal_id, given, now=asked.now)
    except ProposalNotFound:
        return redirect(with_query(path, problem="proposal-over"))
    return redirect(with_query(path, notice=given))


def _require_known(answer: str) -> None:
    if answer not in _ANSWERS:
        raise NotFoundException


def _answerable(state: OptionState, proposal_id: UUID, answer: str) -> Proposal | None:
    """Return the open proposal if it is the one that is named, and the holder can answer it in this way."""
    proposal = state.proposal
    if proposal is None or proposal.id != proposal_id or proposal.is_own != (answer == "withdraw"):
        return None
    return None if answer == "agree" and proposal.is_answered else proposal
