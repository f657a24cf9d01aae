"""The routes of the consent flow: POST changes something and redirects, GET only shows a step.

So Back, reload and sending a form twice are safe. A request for a step that is not current is redirected to the current
step.
"""

from collections.abc import Awaitable, Callable
from typing import Any, Final, NamedTuple
from uuid import UUID

from litestar import Request, Response, get, post
from litestar.exceptions import NotFoundException

from apps.consent.screens import Query, redirect_origin, screen
from apps.http.authentication import authentication_context
from apps.http.context import context
from apps.http.flows import ENDED_SECONDS, cookie_name, flow_cookie, flow_url
from apps.http.form_encoding import MAXIMUM_BODY_BYTES
from apps.http.page_forms import PageForm, form_token, read_form
from apps.http.pages import SEE_OTHER, brand_of, page, redirect
from haas.database import Transaction
from tenants.authentication.errors import CodeRefused, IdentifierLocked
from tenants.consent import flow as flows
from tenants.consent.errors import ChoiceMissing, FlowStep, FlowUnknown, StepNotCurrent
from tenants.consent.models import Ended, Flow, Outcome
from themes.views import recipient_view

_Request = Request[Any, Any, Any]
_Act = Callable[[Transaction, Flow, PageForm], Awaitable[Outcome]]
_FORM: Final[dict[str, Any]] = {"status_code": SEE_OTHER, "request_max_body_size": MAXIMUM_BODY_BYTES}
_STEPS: Final[dict[str, FlowStep]] = {
    "identify": "identify",
    "verify": "verify",
    "customer": "customer",
    "accounts": "accounts",
    "review": "review",
}


class Visitor(NamedTuple):
    """A browser in a flow, by the secret in the flow's cookie."""

    attempt_id: UUID
    secret: str

    def at(self, step: FlowStep) -> str:
        """Return the address of a step of the flow."""
        return flow_url(self.attempt_id, step)


def visitor(request: _Request) -> Visitor:
    """Return who comes to a flow's address. Raises NotFoundException, and FlowUnknown without the flow's cookie."""
    attempt_id = _uuid(request.path_params["flow_id"])
    if attempt_id is None:
        raise NotFoundException
    secret = request.cookies.get(cookie_name(attempt_id))
    if not secret:
        raise FlowUnknown(f"no cookie came for flow {attempt_id}")
    return Visitor(attempt_id, secret)


@get([f"/{step}" for step in _STEPS])
async def show_step(request: _Request) -> Response[str]:
    """Show a step of the flow."""
    ctx, who = context(request), visitor(request)
    step = _STEPS[request.url.path.rstrip("/").rsplit("/", 1)[-1]]
    query = Query(request.query_params.get("problem"), request.query_params.get("choose"))
    async with ctx.services.database.transaction(ctx.tenant.namespace) as tx:
        flow = await flows.enter(tx, ctx.services.directory, who.attempt_id, who.secret, ctx.now)
        brand = brand_of(request)
        shown = await screen(tx, flow, step, query, label=brand.identifier_label, zone=brand.zone, now=ctx.now)
    environment, client = ctx.tenant.register_environment, flow.client
    number = await ctx.services.accreditations.number(environment.id, client.recipient_id)
    return page(
        request,
        shown.template,
        recipient=recipient_view(client.registration, number),
        form_targets=(redirect_origin(flow),),
        form_token=form_token(who.secret),
        flow_path=flow_url(who.attempt_id, "").rstrip("/"),
        dashboard_host=ctx.tenant.issuer.removeprefix("https://"),
        **shown.values,
    )


@get(["/", "/resend", "/restart", "/authorise", "/cancel"])
async def show_current(request: _Request) -> Response[None]:
    """Redirect a browser that reloads the address of a form to the current step."""
    ctx, who = context(request), visitor(request)
    async with ctx.services.database.transaction(ctx.tenant.namespace) as tx:
        flow = await flows.enter(tx, ctx.services.directory, who.attempt_id, who.secret, ctx.now)
        return redirect(who.at(flows.current_step(flow, ctx.now)))


@post("/identify", **_FORM)
async def identify(request: _Request) -> Response[None]:
    """Take the identifier, and send a one-time password."""
    who, now = await authentication_context(request), context(request).now
    return await _take(
        request,
        "identify",
        lambda tx, flow, form: flows.identify(tx, flow, form.one("identifier"), context=who, now=now),
    )


@post("/verify", **_FORM)
async def verify(request: _Request) -> Response[None]:
    """Take the one-time password."""
    who, now = await authentication_context(request), context(request).now
    return await _take(
        request, "verify", lambda tx, flow, form: flows.verify(tx, flow, form.one("code"), context=who, now=now)
    )


@post("/resend", **_FORM)
async def resend(request: _Request) -> Response[None]:
    """Send a new one-time password in place of the last."""
    who, now = await authentication_context(request), context(request).now
    return await _take(
        request, "verify", lambda tx, flow, form: flows.resend(tx, flow, form.one("challenge"), context=who, now=now)
    )


@post("/restart", **_FORM)
async def restart(request: _Request) -> Response[None]:
    """Go back to the identifier."""
    now = context(request).now
    return await _take(request, "verify", lambda tx, flow, _: flows.restart(tx, flow, now=now))


@post("/customer", **_FORM)
async def choose_customer(request: _Request) -> Response[None]:
    """Take whose data is to be shared."""
    now = context(request).now
    return await _take(
        request,
        "customer",
        lambda tx, flow, form: flows.choose_customer(tx, flow, _uuid(form.one("customer")), now=now),
    )


@post("/accounts", **_FORM)
async def choose_accounts(request: _Request) -> Response[None]:
    """Take the accounts that are to be shared."""
    now = context(request).now

    async def act(tx: Transaction, flow: Flow, form: PageForm) -> Outcome:
        chosen = {_uuid(account) for account in form.all("account")}
        return await flows.choose_accounts(tx, flow, {one for one in chosen if one is not None}, now=now)

    return await _take(request, "accounts", act)


@post("/authorise", **_FORM)
async def authorise(request: _Request) -> Response[None]:
    """Record the consent, and take a code back to the recipient."""
    secret, now = visitor(request).secret, context(request).now
    return await _take(request, "review", lambda tx, flow, _: flows.authorise(tx, flow, secret, now=now))


@post("/cancel", **_FORM)
async def cancel(request: _Request) -> Response[None]:
    """Take `access_denied` back to the recipient."""
    now = context(request).now
    return await _take(request, "review", lambda tx, flow, _: flows.cancel(tx, flow, now=now))


def redirect_to_current_step(request: _Request, error: StepNotCurrent) -> Response[None]:
    """Redirect a request for a step that is not current to the current step."""
    return redirect(visitor(request).at(error.step))


async def _take(request: _Request, step: FlowStep, act: _Act) -> Response[None]:
    """Do what a form of `step` asks for, and send the browser on: to a step, with what went wrong, or to its end."""
    ctx, who = context(request), visitor(request)
    form = await read_form(request, who.secret)
    try:
        async with ctx.services.database.transaction(ctx.tenant.namespace) as tx:
            flow = await flows.enter(tx, ctx.services.directory, who.attempt_id, who.secret, ctx.now)
            outcome = await act(tx, flow, form)
    except ChoiceMissing as missing:
        return _again(who, step, f"{missing.what}-missing")
    except CodeRefused as refused:
        return _again(who, step, f"code-{refused.reason}")
    except IdentifierLocked:
        return _again(who, step, "identifier-locked" if step == "identify" else "code-locked")
    if not isinstance(outcome, Ended):
        return redirect(who.at(outcome))
    flow = outcome.flow
    response = redirect(
        await ctx.services.responder.build(ctx.tenant, flow.client, flow.attempt.request, outcome.answer, ctx.now)
    )
    response.set_cookie(flow_cookie(who.attempt_id, who.secret, seconds=ENDED_SECONDS))
    return response


def _again(who: Visitor, step: FlowStep, problem: str) -> Response[None]:
    return redirect(f"{who.at(step)}?problem={problem}")


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
