"""The browser of a flow, and how its requests get the flow: the directory is asked before the transaction begins."""

from collections.abc import Awaitable, Callable
from typing import Any, NamedTuple, TypeVar
from uuid import UUID

from litestar import Request
from litestar.exceptions import NotFoundException

from apps.http.authentication import find_person, refresh_directory_for
from apps.http.context import context
from apps.http.flows import cookie_name, flow_url, load_flow_key
from apps.http.page_forms import read_form
from haas.database import Transaction
from tenants.attempts.browser_binding import is_genuine
from tenants.authentication.models import AuthenticationContext
from tenants.consent import flow as flows
from tenants.consent.errors import FlowNotFound, FlowStep, PersonChanged
from tenants.consent.models import Flow

_Request = Request[Any, Any, Any]
_T = TypeVar("_T")
FlowAction = Callable[[Transaction, Flow], Awaitable[_T]]


class FlowBrowser(NamedTuple):
    """The browser of a flow, which the secret in the flow's cookie identifies."""

    attempt_id: UUID
    secret: str
    key: bytes
    """The key with which the secret was made."""

    def require_genuine(self) -> None:
        """Raise FlowNotFound unless this server has made the secret for the flow. Ask the directory only after this."""
        if not is_genuine(self.key, self.attempt_id, self.secret):
            raise FlowNotFound(f"the cookie of the flow {self.attempt_id} was not made for it")

    def step_url(self, step: FlowStep) -> str:
        """Return the path of a step of the flow."""
        return flow_url(self.attempt_id, step)


async def flow_browser(request: _Request) -> FlowBrowser:
    """Return the browser that sent the request. Call this while no transaction is open.

    Raises NotFoundException if the path contains no id of a flow, and FlowNotFound without the flow's cookie.
    """
    attempt_id = flow_id(request)
    secret = request.cookies.get(cookie_name(attempt_id))
    if not secret:
        raise FlowNotFound(f"the request has no cookie of the flow {attempt_id}")
    return FlowBrowser(attempt_id, secret, await load_flow_key(request))


async def in_flow(
    request: _Request,
    browser: FlowBrowser,
    act: FlowAction[_T],
    *,
    answers_code: bool = False,
    refreshes: bool = False,
) -> _T:
    """Return the result of `act` with the flow, in a transaction of its own.

    The directory is asked before that, so that the transaction does not wait for another server. If a person
    authenticates between the two, for example because a form was sent twice, the directory is asked once more. With
    `refreshes`, it is first renewed for the person who has authenticated.
    """
    try:
        return await _act(request, browser, act, answers_code=answers_code, refreshes=refreshes)
    except PersonChanged:
        return await _act(request, browser, act, answers_code=answers_code, refreshes=refreshes)


async def _act(
    request: _Request, browser: FlowBrowser, act: FlowAction[_T], *, answers_code: bool, refreshes: bool
) -> _T:
    browser.require_genuine()
    ctx = context(request)
    database, namespace = ctx.services.database, ctx.tenant.namespace
    async with database.transaction(namespace) as tx:
        login_id = await flows.login_to_ask_for(tx, browser.attempt_id, answers_code=answers_code)
    if refreshes and login_id is not None:
        await refresh_directory_for(request, login_id)
    person = None if login_id is None else await find_person(request, login_id)
    async with database.transaction(namespace) as tx:
        flow = await flows.load_flow(tx, browser.attempt_id, browser.secret, person=person, key=browser.key)
        ctx.recipient = flow.client.registration
        return await act(tx, flow)


async def refresh_directory(request: _Request, authentication: AuthenticationContext) -> None:
    """Renew the directory for a person who answers with the right one-time password, if it is a copy.

    Nothing is sent to another server for a wrong one, so that the time of the response does not depend on whether there
    is a login.
    """
    ctx, browser = context(request), await flow_browser(request)
    if not ctx.services.directory.is_copy(ctx.tenant):
        return
    code = (await read_form(request, browser.secret)).single_value("code")

    async def login_if_right(tx: Transaction, flow: Flow) -> UUID | None:
        return await flows.login_if_right(tx, flow, code, context=authentication, now=ctx.now)

    login_id = await in_flow(request, browser, login_if_right, answers_code=True)
    if login_id is not None:
        await refresh_directory_for(request, login_id)


def flow_id(request: _Request) -> UUID:
    attempt_id = as_uuid(request.path_params["flow_id"])
    if attempt_id is None:
        raise NotFoundException
    return attempt_id


def as_uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
