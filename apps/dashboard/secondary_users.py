"""The pages for account holders about the people who may use their accounts (CDR Rules 1.13(1)(e), 1.15(5); K-15).

A holder gives and withdraws the permission to share an account, sees what is shared with it, and stops one recipient
if the brand offers that. A page finds its person among the users whom a holder sees for whom the reader may act. So
the pages of all others are not found, and nobody learns whether they exist.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import Any, Final, NamedTuple
from uuid import UUID

from litestar import Request, Response, get, post
from litestar.exceptions import NotFoundException, PermissionDeniedException
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
from apps.dashboard.recipients import accreditation_numbers
from apps.dashboard.return_page import SECONDARY_USERS
from apps.dashboard.secondary_user_views import (
    SecondaryUserView,
    SharedByUser,
    by_used_account,
    secondary_user_view,
)
from apps.http.context import context
from apps.http.page_forms import PageForm, read_form
from apps.http.pages import redirect
from haas.database import Transaction
from haas.language import gettext, gettext_noop
from tenants.data_language import Cluster, clusters
from tenants.disclosure import ledger
from tenants.joint_accounts.errors import NotAHolder, SharingNotFound
from tenants.oauth import scopes
from tenants.parties.acting import Acting
from tenants.parties.errors import MayNotAct
from tenants.secondary_users import service
from tenants.secondary_users.errors import BlockNotFound, BlockNotOffered, NotASecondaryUser
from tenants.secondary_users.models import SecondaryUser

_Request = Request[Any, Any, Any]
_USER: Final = f"{SECONDARY_USERS}/{{user_id:uuid}}"
_SHOWN: Final = "shown"
"""The field with the time of the last withdrawal that the page knew. It is empty if there was none."""
_NOTICES: Final = {
    "permitted": gettext_noop("The permission is given. {name} can share data of this account."),
    "withdrawn": gettext_noop("The permission is withdrawn. {name} cannot share data of this account."),
    "changed": gettext_noop(
        "The permission was given and withdrawn since your page was shown. It is still withdrawn. To give it again, "
        "confirm below."
    ),
    "blocked": gettext_noop("Sharing with the recipient has stopped."),
    "unblocked": gettext_noop("Sharing with the recipient is possible again."),
}


class SeenUser(NamedTuple):
    """A secondary user of one account, and the holder for whom the reader acts."""

    acting: Acting
    user: SecondaryUser


class _Loaded(NamedTuple):
    session: DashboardSession
    view: SecondaryUserView
    stops: Sequence[SharedByUser]
    """What the withdrawal of the permission would stop."""


@get(SECONDARY_USERS, **PAGE_OPTIONS)
async def list_secondary_users(request: _Request) -> Response[str]:
    """List for each account who else may use it, and whether they can share its data."""
    ctx, person = context(request), await ask_for_person(request)
    async with ctx.services.database.transaction(ctx.tenant.namespace) as tx:
        session = await require_session(request, tx, person)
        found = [(each.acting.customer_id, each.user) for each in await _users(request, tx, session)]
    accounts = by_used_account(found, viewer_of_session(request, session))
    return signed_in_page(request, session, "dashboard/secondary_users", accounts=accounts)


@get(_USER, **PAGE_OPTIONS)
async def show_secondary_user(request: _Request, user_id: FromPath[UUID]) -> Response[str]:
    """Show one person who may use an account, and what this person shares of it."""
    loaded = await _load(request, user_id)
    notice = _notice(request, loaded.view)
    offers_blocks = context(request).tenant.settings.offers_secondary_user_blocks
    return signed_in_page(
        request,
        loaded.session,
        "dashboard/secondary_user",
        user=loaded.view,
        offers_blocks=offers_blocks,
        notice=notice,
    )


@get(f"{_USER}/permit", **PAGE_OPTIONS)
async def ask_to_permit(request: _Request, user_id: FromPath[UUID]) -> Response[Any]:
    """Say what the person can do with the permission, and ask for confirmation."""
    session, view, _ = await _load(request, user_id)
    _require_may_decide(view)
    if view.instructed_at is not None:
        return redirect(_user_url(user_id))
    changed = request.query_params.get("notice") == "changed"
    return signed_in_page(
        request,
        session,
        "dashboard/secondary_user_permit",
        user=view,
        clusters=_data_of_accounts(),
        shown=_last_withdrawal(view),
        notice=secondary_user_notice("changed", view.name) if changed else None,
    )


@post(f"{_USER}/permit", **FORM_OPTIONS)
async def permit(request: _Request, user_id: FromPath[UUID]) -> Response[None]:
    """Give the permission. The form of a page from before a withdrawal gives none: the page is shown again."""
    form = await _read_form(request)
    ctx, person = context(request), await ask_for_person(request)
    async with ctx.services.database.transaction(ctx.tenant.namespace) as tx:
        session = await require_session(request, tx, person)
        with _not_found():
            acting, user = await _find(request, tx, session, user_id)
            if user.instructed_at is None and form.single_value(_SHOWN) != _last_withdrawal(user):
                return redirect(f"{_user_url(user_id)}/permit?notice=changed")
            await service.instruct(tx, ctx.tenant, acting, user.account_id, user.customer_id, now=ctx.now)
    return redirect(f"{_user_url(user_id)}?notice=permitted")


@get(f"{_USER}/withdraw", **PAGE_OPTIONS)
async def ask_to_withdraw_permission(request: _Request, user_id: FromPath[UUID]) -> Response[Any]:
    """Say what stops, and ask for confirmation (CDS, Withdrawal: Secondary User Instruction)."""
    session, view, stops = await _load(request, user_id)
    _require_may_decide(view)
    if view.instructed_at is None:
        return redirect(_user_url(user_id))
    return signed_in_page(request, session, "dashboard/secondary_user_withdraw", user=view, stops=stops)


@post(f"{_USER}/withdraw", **FORM_OPTIONS)
async def withdraw_permission(request: _Request, user_id: FromPath[UUID]) -> Response[None]:
    """Withdraw the permission. Without one, nothing is changed."""
    await _read_form(request)
    ctx, person = context(request), await ask_for_person(request)
    async with ctx.services.database.transaction(ctx.tenant.namespace) as tx:
        session = await require_session(request, tx, person)
        with _not_found():
            acting, user = await _find(request, tx, session, user_id)
            await service.withdraw(tx, ctx.tenant, acting, user.account_id, user.customer_id, now=ctx.now)
    return redirect(f"{_user_url(user_id)}?notice=withdrawn")


@get(f"{_USER}/block/{{sharing_id:uuid}}", **PAGE_OPTIONS)
async def ask_to_block(request: _Request, user_id: FromPath[UUID], sharing_id: FromPath[UUID]) -> Response[Any]:
    """Say what the block of a recipient stops, and ask for confirmation. Only if the brand offers it."""
    session, view, _ = await _load(request, user_id)
    found = next((each for each in view.sharing if each.id == sharing_id), None)
    if found is None or not context(request).tenant.settings.offers_secondary_user_blocks:
        raise NotFoundException
    _require_may_decide(view)
    if found.has_ended or found.is_blocked:
        return redirect(_user_url(user_id))
    return signed_in_page(request, session, "dashboard/secondary_user_block", user=view, sharing=found)


@post(f"{_USER}/block/{{sharing_id:uuid}}", **FORM_OPTIONS)
async def block_recipient(request: _Request, user_id: FromPath[UUID], sharing_id: FromPath[UUID]) -> Response[None]:
    """Stop the sharing of the account with one recipient. A block that is in force stays as it is."""
    await _read_form(request)
    ctx, person = context(request), await ask_for_person(request)
    async with ctx.services.database.transaction(ctx.tenant.namespace) as tx:
        session = await require_session(request, tx, person)
        with _not_found():
            acting, user = await _find(request, tx, session, user_id)
            if sharing_id not in {each.id for each in user.sharing}:
                raise NotFoundException
            await service.block_recipient(tx, ctx.tenant, acting, sharing_id, now=ctx.now)
    return redirect(f"{_user_url(user_id)}?notice=blocked")


@post(f"{_USER}/unblock/{{block_id:uuid}}", **FORM_OPTIONS)
async def end_block(request: _Request, user_id: FromPath[UUID], block_id: FromPath[UUID]) -> Response[None]:
    """End a block that a holder has set. One that is not in force any more is not changed."""
    await _read_form(request)
    ctx, person = context(request), await ask_for_person(request)
    async with ctx.services.database.transaction(ctx.tenant.namespace) as tx:
        session = await require_session(request, tx, person)
        with _not_found():
            acting, user = await _find(request, tx, session, user_id)
            if block_id not in {each.id for each in user.blocked if each.is_by_holder}:
                return redirect(_user_url(user_id))
            await service.end_block(tx, ctx.tenant, acting, block_id, now=ctx.now)
    return redirect(f"{_user_url(user_id)}?notice=unblocked")


@contextmanager
def _not_found() -> Iterator[None]:
    """Answer that the reader may only see, or that there is no such page (any more)."""
    try:
        yield
    except MayNotAct as error:
        raise PermissionDeniedException from error
    except (NotAHolder, NotASecondaryUser, SharingNotFound, BlockNotFound, BlockNotOffered) as error:
        raise NotFoundException from error


async def _read_form(request: _Request) -> PageForm:
    return await read_form(request, COOKIE.secret(request))


async def _users(request: _Request, tx: Transaction, session: DashboardSession) -> list[SeenUser]:
    """Return the users of the accounts of all customers whose sharing the reader may see.

    Of an account that two of these customers hold, the users are listed once: for the first one for whom the reader may
    also decide, if there is one.
    """
    now = context(request).now
    customers = [each.id for each in sorted(session.person.sees, key=lambda each: not each.may_share)]
    holders = await service.holders_with_users(tx, customers, now=now)
    found: dict[UUID, SeenUser] = {}
    for holder_id in customers:
        if holder_id in holders:
            acting = Acting(customer_id=holder_id, login_id=session.login_id)
            with suppress(MayNotAct):  # a representation can end while the page is made
                for user in await service.users(tx, acting, now=now):
                    found.setdefault(user.id, SeenUser(acting, user))
    return list(found.values())


async def _find(request: _Request, tx: Transaction, session: DashboardSession, user_id: UUID) -> SeenUser:
    """Return the user whom the reader names. Raise NotFoundException."""
    for each in await _users(request, tx, session):
        if each.user.id == user_id:
            return each
    raise NotFoundException


async def _load(request: _Request, user_id: UUID) -> _Loaded:
    ctx, person = context(request), await ask_for_person(request)
    async with ctx.services.database.transaction(ctx.tenant.namespace) as tx:
        session = await require_session(request, tx, person)
        with _not_found():
            acting, user = await _find(request, tx, session, user_id)
            stopped = await service.stopped_by_withdrawal(tx, acting, user.account_id, user.customer_id, now=ctx.now)
        zone = ctx.tenant.time_zone
        disclosed = await ledger.of_account(tx, user.account_id, acting.customer_id, now=ctx.now, zone=zone)
    numbers = await accreditation_numbers(request, user.sharing)
    viewer = viewer_of_session(request, session)
    view = secondary_user_view(user, acting.customer_id, viewer, disclosed=disclosed, numbers=numbers)
    ids = {each.id for each in stopped}
    return _Loaded(session, view, [each for each in view.sharing if each.id in ids])


def _require_may_decide(view: SecondaryUserView) -> None:
    """Raise PermissionDeniedException if the reader may see what is shared, and not decide for the holder."""
    if not view.may_decide:
        raise PermissionDeniedException


def _notice(request: _Request, view: SecondaryUserView) -> str | None:
    """Return the notice that the address names, if it is true for what the page shows."""
    name = request.query_params.get("notice", "")
    holds = {
        "permitted": view.instructed_at is not None,
        "withdrawn": view.instructed_at is None and view.withdrawn_at is not None,
        "blocked": bool(view.blocked),
        "unblocked": True,
    }
    return secondary_user_notice(name, view.name) if holds.get(name) else None


def secondary_user_notice(notice: str, name: str) -> str:
    """Return the text of a notice about the person with this name."""
    return gettext(_NOTICES[notice], name=name)


def _last_withdrawal(user: SecondaryUser | SecondaryUserView) -> str:
    return "" if user.withdrawn_at is None else user.withdrawn_at.isoformat()


def _data_of_accounts() -> list[Cluster]:
    """Return the kinds of data of an account that can be shared, in the words of the standards."""
    return clusters([scope for scope in scopes.served_data_scopes() if scope.startswith("energy:")], "person")


def _user_url(user_id: UUID) -> str:
    return f"{SECONDARY_USERS}/{user_id}"
