"""The pages of the dashboard for a person who has signed in: the arrangements, their records, and how to stop them."""

from datetime import datetime
from typing import Any
from uuid import UUID

from litestar import Request, Response, get, post
from litestar.exceptions import PermissionDeniedException
from litestar.params import FromPath

from apps.dashboard.browser import (
    COOKIE,
    FORM_OPTIONS,
    PAGE_OPTIONS,
    DashboardSession,
    ask_for_person,
    require_session,
    signed_in_page,
    viewer_of_session,
)
from apps.dashboard.cards import cards_by_recipient
from apps.dashboard.joint_cards import joint_cards
from apps.dashboard.return_page import DASHBOARD
from apps.dashboard.secondary_user_views import stopped_accounts
from apps.dashboard.views import ArrangementView, arrangement_view
from apps.http.context import context
from apps.http.page_forms import read_form
from apps.http.pages import redirect
from haas.database import Transaction
from haas.language import gettext
from tenants.accounts import service as accounts
from tenants.accounts.models import HeldAccount
from tenants.arrangements import service as arrangements
from tenants.arrangements.errors import ArrangementEnded
from tenants.arrangements.models import Arrangement
from tenants.disclosure import ledger
from tenants.holders.service import tell_of_end
from tenants.secondary_users import service as secondary_users

_Request = Request[Any, Any, Any]
_ARRANGEMENT = f"{DASHBOARD}/arrangements/{{arrangement_id:uuid}}"


@get(DASHBOARD, **PAGE_OPTIONS)
async def list_arrangements(request: _Request) -> Response[str]:
    """List the arrangements under which data is shared now, and those under which it was shared before."""
    ctx, person = context(request), await ask_for_person(request)
    async with ctx.services.database.transaction(ctx.tenant.namespace) as tx:
        session = await require_session(request, tx, person)
        found = await arrangements.list_for_login(tx, session.login_id, ctx.now)
        received = await ledger.last_disclosures(tx, [each.id for each in found])
        covered = {account.id for each in found for account in each.authorisation.accounts}
        names = await accounts.names_of(tx, covered, ctx.now)
        viewer = viewer_of_session(request, session)
        joint = await joint_cards(tx, session.login_id, viewer)
        customers = [each.id for each in session.person.sees]
        with_users = await secondary_users.holders_with_users(tx, customers, now=ctx.now)
        without = await secondary_users.used_without_instruction(tx, customers, now=ctx.now)
    current, past = cards_by_recipient(found, received, names, viewer)
    return signed_in_page(
        request,
        session,
        "dashboard/arrangements",
        current=current,
        past=past,
        not_seen=viewer.not_seen,
        joint=joint,
        has_secondary_users=bool(with_users),
        stopped=stopped_accounts(found, without, names, ctx.now),
    )


@get(_ARRANGEMENT, **PAGE_OPTIONS)
async def show_arrangement(request: _Request, arrangement_id: FromPath[UUID]) -> Response[str]:
    """Show one arrangement."""
    session, view = await _load_arrangement(request, arrangement_id)
    stopped = request.query_params.get("notice") == "stopped" and not view.current
    notice = stopped_notice(view.recipient.client_name) if stopped else None
    return signed_in_page(request, session, "dashboard/arrangement", arrangement=view, notice=notice)


def stopped_notice(recipient: str) -> str:
    """Return what the page of an arrangement says after the person has stopped it."""
    return gettext("You have stopped sharing with {recipient}.", recipient=recipient)


@get(f"{_ARRANGEMENT}/record", **PAGE_OPTIONS)
async def show_record(request: _Request, arrangement_id: FromPath[UUID]) -> Response[str]:
    """Show everything about one arrangement on a page to print or to keep."""
    session, view = await _load_arrangement(request, arrangement_id)
    ctx = context(request)
    return signed_in_page(
        request, session, "dashboard/record", arrangement=view, made_at=ctx.now, retailer=ctx.tenant.retailer
    )


@get(f"{_ARRANGEMENT}/withdraw", **PAGE_OPTIONS)
async def ask_to_withdraw(request: _Request, arrangement_id: FromPath[UUID]) -> Response[Any]:
    """Explain the consequences of ending the sharing, and ask for confirmation (CDS, Withdrawal Standards)."""
    session, view = await _load_arrangement(request, arrangement_id)
    if not view.current:
        return redirect(_arrangement_url(arrangement_id))
    if not view.may_stop:
        raise PermissionDeniedException
    return signed_in_page(request, session, "dashboard/withdraw", arrangement=view)


@post(f"{_ARRANGEMENT}/withdraw", **FORM_OPTIONS)
async def withdraw(request: _Request, arrangement_id: FromPath[UUID]) -> Response[None]:
    """End the sharing. An arrangement that has already ended is not changed."""
    ctx = context(request)
    await read_form(request, COOKIE.secret(request))
    person = await ask_for_person(request)
    try:
        async with ctx.services.database.transaction(ctx.tenant.namespace) as tx:
            session = await require_session(request, tx, person)
            found = await arrangements.get_for_login(tx, arrangement_id, session.login_id, ctx.now)
            if not viewer_of_session(request, session).may_stop(found.customer_id):
                raise PermissionDeniedException
            tell, login_id = tell_of_end(ctx.tenant), session.login_id
            await arrangements.end(tx, found.id, by="consumer", login_id=login_id, tell=tell, now=ctx.now)
    except ArrangementEnded:
        return redirect(_arrangement_url(arrangement_id))
    return redirect(f"{_arrangement_url(arrangement_id)}?notice=stopped")


async def _load_arrangement(request: _Request, arrangement_id: UUID) -> tuple[DashboardSession, ArrangementView]:
    ctx, person = context(request), await ask_for_person(request)
    async with ctx.services.database.transaction(ctx.tenant.namespace) as tx:
        session = await require_session(request, tx, person)
        found = await arrangements.get_for_login(tx, arrangement_id, session.login_id, ctx.now)
        authorised_at = found.authorisation.authorised_at
        held = await _held(tx, found, found.login_id, ctx.now, authorised_at=authorised_at)
        seen = await _held(tx, found, session.login_id, ctx.now)
        disclosed = await ledger.of_arrangement(tx, found.id)
        covered = {account.id for version in found.versions for account in version.accounts}
        names = await accounts.names_of(
            tx, covered.union(each.account_id for each in disclosed if each.account_id is not None), ctx.now
        )
    environment = ctx.tenant.register_environment
    number = await ctx.services.accreditations.number(environment.id, found.recipient.recipient_id)
    view = arrangement_view(
        found,
        viewer_of_session(request, session),
        held=held,
        seen=seen,
        names=names,
        disclosed=disclosed,
        accreditation_number=number,
    )
    return session, view


async def _held(
    tx: Transaction, found: Arrangement, login_id: UUID, now: datetime, *, authorised_at: datetime | None = None
) -> dict[UUID, HeldAccount]:
    """Return the customer's accounts by id, for the person who has authorised at a time, or for who reads now."""
    recipient_id = found.recipient.recipient_id
    held = await accounts.accounts_of(
        tx, found.customer_id, recipient_id, now, login_id=login_id, authorised_at=authorised_at
    )
    return {account.id: account for account in held}


def _arrangement_url(arrangement_id: UUID) -> str:
    return f"{DASHBOARD}/arrangements/{arrangement_id}"
