"""The pages about the accounts that a person holds together with others: the disclosure option, and which notices come.

CDR Rules 4A.5 to 4A.8, 4A.13, 4A.14(3). What the services do not show to the person does not exist: status 404.
"""

from typing import Any, get_args
from uuid import UUID

from litestar import Request, Response, get, post
from litestar.exceptions import NotFoundException
from litestar.params import FromPath

from apps.dashboard.browser import (
    COOKIE,
    FORM_OPTIONS,
    PAGE_OPTIONS,
    ask_for_person,
    require_session,
    signed_in_page,
    viewer_of_session,
)
from apps.dashboard.joint_addresses import JOINT_ACCOUNT, JOINT_ACCOUNTS, account_path
from apps.dashboard.joint_cards import joint_cards
from apps.dashboard.joint_requests import joint_request, named_account
from apps.dashboard.joint_views import JointAccountView, effects_view, joint_account_view
from apps.dashboard.return_page import with_query
from apps.http.context import context
from apps.http.page_forms import read_form
from apps.http.pages import redirect
from haas.language import gettext
from tenants.accounts.models import DisclosureOption
from tenants.holders.models import NoticeChoice
from tenants.joint_accounts import notice_choice, options, sharing
from tenants.joint_accounts.errors import OptionChanged, ProposalOpen
from themes.problems import problem

_Request = Request[Any, Any, Any]
_OPTION = f"{JOINT_ACCOUNT}/option/{{option:str}}"


@get(JOINT_ACCOUNTS, **PAGE_OPTIONS)
async def list_joint_accounts(request: _Request) -> Response[str]:
    """List the accounts that the person's customers hold together with others."""
    ctx, person = context(request), await ask_for_person(request)
    async with ctx.services.database.transaction(ctx.tenant.namespace) as tx:
        session = await require_session(request, tx, person)
        cards = await joint_cards(tx, session.login_id, viewer_of_session(request, session))
    return signed_in_page(request, session, "dashboard/joint_accounts", joint=cards)


@get(JOINT_ACCOUNT, **PAGE_OPTIONS)
async def show_joint_account(
    request: _Request, customer_id: FromPath[UUID], account_id: FromPath[UUID]
) -> Response[str]:
    """Show one account: who can share from it, what others share, and which notices come."""
    async with joint_request(request, customer_id) as asked:
        state = await options.state(*asked.services, account_id, now=asked.now)
        shared = await sharing.shared_by_others(asked.tx, asked.acting, account_id=account_id, now=asked.now)
        chosen = await notice_choice.chosen(*asked.services, account_id, now=asked.now)
        account = await named_account(asked, account_id)
    view = joint_account_view(asked, account, state, shared, chosen)
    return signed_in_page(
        request,
        asked.session,
        "dashboard/joint_account",
        joint=view,
        notice=_notice(request.query_params.get("notice"), view),
        problem=problem(request.query_params.get("problem")),
    )


@post(JOINT_ACCOUNT, **FORM_OPTIONS)
async def choose_notices(request: _Request, customer_id: FromPath[UUID], account_id: FromPath[UUID]) -> Response[None]:
    """Store which notices about the account the customer gets (CDR Rules 4A.14(3))."""
    form = await read_form(request, COOKIE.secret(request))
    path = account_path(customer_id, account_id)
    given = form.single_value("notices")
    choice = next((each for each in get_args(NoticeChoice) if each == given), None)
    async with joint_request(request, customer_id) as asked:
        if choice is None:
            await notice_choice.chosen(*asked.services, account_id, now=asked.now)  # who is no holder is refused
            return redirect(with_query(path, problem="notices-missing"))
        await notice_choice.choose(*asked.services, account_id, choice, now=asked.now)
    return redirect(with_query(path, notice="notices"))


@get(_OPTION, **PAGE_OPTIONS)
async def ask_for_option(
    request: _Request, customer_id: FromPath[UUID], account_id: FromPath[UUID], option: FromPath[str]
) -> Response[Any]:
    """Explain what another option would do, and ask for confirmation (CDS, Withdrawal Standards, Joint accounts)."""
    wanted = _option(option)
    async with joint_request(request, customer_id) as asked:
        state = await options.state(*asked.services, account_id, now=asked.now)
        if state.option == wanted or (state.proposal is not None and wanted in state.needs_agreement):
            return redirect(account_path(customer_id, account_id))
        preview = await options.preview(*asked.services, account_id, wanted, now=asked.now)
        account = await named_account(asked, account_id)
    return signed_in_page(
        request,
        asked.session,
        "dashboard/joint_option",
        path=account_path(customer_id, account_id),
        account=account,
        customer=asked.viewer.acting_for(customer_id),
        effects=effects_view(preview),
        closes_proposal=state.proposal is not None,
        problem=problem(request.query_params.get("problem")),
    )


@post(_OPTION, **FORM_OPTIONS)
async def choose_option(
    request: _Request, customer_id: FromPath[UUID], account_id: FromPath[UUID], option: FromPath[str]
) -> Response[None]:
    """Set a more restrictive option, or propose a less restrictive one. `seen` is the option that the page named."""
    form = await read_form(request, COOKIE.secret(request))
    wanted, seen = _option(option), _option(form.single_value("seen"))
    path = account_path(customer_id, account_id)
    try:
        async with joint_request(request, customer_id) as asked:
            result = await options.choose(*asked.services, account_id, wanted, seen=seen, now=asked.now)
    except OptionChanged:
        return redirect(with_query(f"{path}/option/{wanted}", problem="option-changed"))
    except ProposalOpen:
        return redirect(with_query(path, problem="proposal-open"))
    return redirect(with_query(path, notice="proposed" if result == "proposed" else "option"))


def _option(text: str) -> DisclosureOption:
    """Return the option with this name. Raises NotFoundException."""
    found: DisclosureOption | None = next((each for each in get_args(DisclosureOption) if each == text), None)
    if found is None:
        raise NotFoundException
    return found


def _notice(name: str | None, view: JointAccountView) -> str | None:
    """Return what the page says after a form. It is true whoever has made the link."""
    option, proposal = view.option.name, view.proposal
    text = None
    match name:
        case "option":
            text = gettext("The sharing option of this account is now “{option}”.", option=option)
        case "proposed" if proposal is not None and proposal.is_own:
            text = gettext(
                "You have proposed “{option}”. The other account holders are asked to agree.",
                option=proposal.option.name,
            )
        case "agreed" if proposal is not None and proposal.is_answered:
            text = gettext(
                "You have agreed to “{option}”. It applies when all account holders have agreed.",
                option=proposal.option.name,
            )
        case "agreed" if proposal is None:
            text = gettext("You have agreed. The sharing option of this account is now “{option}”.", option=option)
        case "declined" | "withdrawn" if proposal is None:
            text = gettext("The proposal is closed. The sharing option of this account is “{option}”.", option=option)
        case "notices":
            text = gettext("We have saved which messages you want.")
    return text
