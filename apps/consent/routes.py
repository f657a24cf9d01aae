"""The routes of the consent flow. POST changes something and redirects. GET only shows a step.

So it is safe to go back, to reload a page, or to send a form twice. A request for a step that is not current is
redirected to the current step.
"""

from collections.abc import Awaitable, Callable, Mapping
from types import MappingProxyType
from typing import Any, Final
from urllib.parse import urlencode

from litestar import Request, Response, get, post

from apps.consent.account_form import account_form
from apps.consent.browser import FlowBrowser, as_uuid, flow_browser, flow_id, in_flow, refresh_directory
from apps.consent.template_values import Screen, StepQuery, build_screen
from apps.http.authentication import KNOWN_BROWSER, authentication_context, find_login
from apps.http.code_entry import IDENTIFIER_LOCKED, code_entry, lock_parameters
from apps.http.context import context
from apps.http.flows import flow_url
from apps.http.form_encoding import MAXIMUM_BODY_BYTES
from apps.http.page_forms import PageForm, form_token, read_form
from apps.http.pages import SEE_OTHER, brand_of, page, redirect
from apps.http.typed_identifiers import forget_typed, keep_typed
from haas.database import Transaction
from haas.errors import HaasError
from tenants.authentication import service as authentication_service
from tenants.authentication.errors import CodeRefused, IdentifierLocked, TooManyIdentifiers
from tenants.clients.models import Client
from tenants.consent import account_selection, ending
from tenants.consent import flow as flows
from tenants.consent.authorisation_response import ResponseKeys, response_url
from tenants.consent.errors import (
    ChoiceMissing,
    FlowStep,
    ResponseImpossible,
    ReviewChanged,
    StepNotCurrent,
)
from tenants.consent.models import Flow, FlowResult, ReviewPage, StepOutcome
from tenants.consent.review import shown_content, shown_digest
from themes.views import recipient_view

_Request = Request[Any, Any, Any]
_FormAction = Callable[[Transaction, Flow, PageForm], Awaitable[StepOutcome]]
_FORM_OPTIONS: Final[dict[str, Any]] = {"status_code": SEE_OTHER, "request_max_body_size": MAXIMUM_BODY_BYTES}
_STEPS: Final[dict[str, FlowStep]] = {
    "identify": "identify",
    "verify": "verify",
    "customer": "customer",
    "accounts": "accounts",
    "review": "review",
}
_PROBLEMS: Final = (
    ChoiceMissing,
    CodeRefused,
    IdentifierLocked,
    TooManyIdentifiers,
    ResponseImpossible,
    ReviewChanged,
)
"""The errors after which the same step is shown again, with a problem."""


@get([f"/{step}" for step in _STEPS])
async def show_step(request: _Request) -> Response[str]:
    """Show a step of the flow."""
    ctx, browser = context(request), await flow_browser(request)
    step = _STEPS[request.url.path.rstrip("/").rsplit("/", 1)[-1]]
    query = StepQuery(*(request.query_params.get(name) for name in StepQuery._fields))
    brand, entry = brand_of(request), await code_entry(request, browser.secret)

    async def build(tx: Transaction, flow: Flow) -> tuple[Flow, Screen]:
        return flow, await build_screen(
            tx, flow, step, query, entry=entry, identifier_label=brand.identifier_label, zone=brand.zone, now=ctx.now
        )

    flow, screen = await in_flow(request, browser, build, refreshes=step == "accounts")
    stated = await _review_page(request, flow.client)
    if screen.review is not None:
        screen.values["shown"] = shown_digest(shown_content(flow, screen.review, stated, now=ctx.now)).hex()
    return page(
        request,
        screen.template,
        recipient=recipient_view(flow.client.registration, stated.accreditation_number),
        forms_redirect_elsewhere=True,
        form_token=form_token(browser.secret),
        flow_path=flow_url(browser.attempt_id),
        dashboard_host=stated.dashboard_host,
        **screen.values,
    )


async def _review_page(request: _Request, client: Client) -> ReviewPage:
    """Return what a review page states besides the review. Call it while no transaction is open."""
    ctx, brand = context(request), brand_of(request)
    environment = ctx.tenant.register_environment
    return ReviewPage(
        holder=brand.name,
        accreditation_number=await ctx.services.accreditations.number(environment.id, client.recipient_id),
        dashboard_host=ctx.tenant.issuer.removeprefix("https://"),
        contacts=[contact.text for contact in brand.support],
        zone=brand.zone,
    )


@get(["/", "/resend", "/restart", "/authorise", "/cancel"])
async def redirect_form_address(request: _Request) -> Response[None]:
    """Redirect a browser that reloads the address of a form to the current step."""
    ctx, browser = context(request), await flow_browser(request)

    async def current_step(_: Transaction, flow: Flow) -> FlowStep:
        return flows.current_step(flow, ctx.now)

    return redirect(browser.step_url(await in_flow(request, browser, current_step)))


@post("/identify", **_FORM_OPTIONS)
async def identify(request: _Request) -> Response[None]:
    """Process the identifier, and send a one-time password."""
    authentication, now = await authentication_context(request), context(request).now
    browser = await flow_browser(request)
    identifier = (await read_form(request, browser.secret)).single_value("identifier")
    browser.require_genuine()
    login = await find_login(request, identifier)
    response = await _submit(
        request,
        "identify",
        lambda tx, flow, _: flows.identify(tx, flow, identifier, login, context=authentication, now=now),
    )
    return keep_typed(request, response, browser.secret, identifier)


@post("/verify", **_FORM_OPTIONS)
async def verify(request: _Request) -> Response[None]:
    """Check the one-time password."""
    authentication, now = await authentication_context(request), context(request).now
    await refresh_directory(request, authentication)
    browser, known_browser = await flow_browser(request), ""

    async def action(tx: Transaction, flow: Flow, form: PageForm) -> StepOutcome:
        nonlocal known_browser
        outcome = await flows.verify(tx, flow, form.single_value("code"), context=authentication, now=now)
        challenge = await flows.current_challenge(tx, flow, now)
        known_browser = authentication_service.mark_of(challenge, authentication, now)
        return outcome

    response = await _submit(request, "verify", action, answers_code=True)
    if not known_browser:
        return response
    return forget_typed(request, KNOWN_BROWSER.set(response, known_browser), browser.secret)


@post("/resend", **_FORM_OPTIONS)
async def resend(request: _Request) -> Response[None]:
    """Send a new one-time password, which replaces the last one."""
    authentication, now = await authentication_context(request), context(request).now
    return await _submit(
        request,
        "verify",
        lambda tx, flow, form: flows.resend(tx, flow, form.single_value("challenge"), context=authentication, now=now),
        answers_code=True,
    )


@post("/restart", **_FORM_OPTIONS)
async def restart(request: _Request) -> Response[None]:
    """Return to the step of the identifier."""
    now = context(request).now
    return await _submit(request, "verify", lambda tx, flow, _: flows.restart(tx, flow, now=now))


@post("/customer", **_FORM_OPTIONS)
async def choose_customer(request: _Request) -> Response[None]:
    """Process the choice of the customer whose data is to be shared."""
    now = context(request).now
    return await _submit(
        request,
        "customer",
        lambda tx, flow, form: flows.choose_customer(tx, flow, as_uuid(form.single_value("customer")), now=now),
    )


@post("/accounts", **_FORM_OPTIONS)
async def choose_accounts(request: _Request) -> Response[None]:
    """Process the choice of the accounts that are to be shared, or a change of what the page lists and has chosen."""
    now, browser = context(request).now, await flow_browser(request)
    sent = account_form(await read_form(request, browser.secret))
    if sent.change is None:
        listed = {"find": sent.listed_by} if sent.listed_by else {}
        return await _submit(
            request,
            "accounts",
            lambda tx, flow, _: account_selection.choose_accounts(tx, flow, sent.chosen, now=now),
            parameters=listed,
        )

    async def change(tx: Transaction, flow: Flow, _: PageForm) -> FlowStep:
        await account_selection.change_selection(
            tx, flow, sent.chosen, sent.change or "show", group=sent.group, text=sent.listed_by, now=now
        )
        return "accounts"

    await _submit(request, "accounts", change)
    return redirect(f"{browser.step_url('accounts')}?{urlencode(sent.next_parameters)}")


@post("/authorise", **_FORM_OPTIONS)
async def authorise(request: _Request) -> Response[None]:
    """Record the consent, and redirect to the recipient with an authorization code."""
    ctx, browser = context(request), await flow_browser(request)
    await read_form(request, browser.secret)

    async def client_of(_: Transaction, flow: Flow) -> Client:
        return flow.client

    client = await in_flow(request, browser, client_of)
    stated = await _review_page(request, client)
    try:
        keys = await ctx.services.responder.keys(ctx.tenant, client)
    except ResponseImpossible:
        return _redirect_with_problem(browser, "review", "response-impossible")

    async def action(tx: Transaction, flow: Flow, form: PageForm) -> StepOutcome:
        if flow.client.registration != client.registration:
            raise ReviewChanged("the client has changed since its keys and its accreditation number were read")
        return await ending.authorise(tx, flow, browser.secret, form.single_value("shown"), page=stated, now=ctx.now)

    return await _submit(request, "review", action, keys=keys)


@post("/cancel", **_FORM_OPTIONS)
async def cancel(request: _Request) -> Response[None]:
    """Redirect to the recipient with the error `access_denied`."""
    now = context(request).now
    return await _submit(request, "review", lambda tx, flow, _: ending.cancel(tx, flow, now=now))


def redirect_to_current_step(request: _Request, error: StepNotCurrent) -> Response[None]:
    """Redirect a request for a step that is not current to the current step."""
    return redirect(flow_url(flow_id(request), error.step))


async def _submit(
    request: _Request,
    step: FlowStep,
    action: _FormAction,
    *,
    answers_code: bool = False,
    keys: ResponseKeys | None = None,
    parameters: Mapping[str, str] = MappingProxyType({}),
) -> Response[None]:
    """Process a form of `step`; redirect to the next step, to the same step with a problem, or to the recipient.

    With `keys`, the response to the recipient is made before the transaction is committed, so that nothing is recorded
    if it cannot be made. Without, it is made afterwards: then it can only be an error, and the flow is over also if the
    recipient cannot be told. `parameters` are those of the address of the same step with a problem.
    """
    ctx, browser = context(request), await flow_browser(request)
    form = await read_form(request, browser.secret)

    async def act(tx: Transaction, flow: Flow) -> StepOutcome | Response[None]:
        outcome = await action(tx, flow, form)
        if isinstance(outcome, FlowResult) and keys is not None:
            return redirect(_response_url(request, outcome, keys))
        return outcome

    try:
        outcome = await in_flow(request, browser, act, answers_code=answers_code)
    except _PROBLEMS as error:
        until = lock_parameters(error) if isinstance(error, IdentifierLocked) else {}
        return _redirect_with_problem(browser, step, _problem_name(error, step), **parameters, **until)
    if isinstance(outcome, Response):
        return outcome
    if not isinstance(outcome, FlowResult):
        return redirect(browser.step_url(outcome))
    return redirect(_response_url(request, outcome, await ctx.services.responder.keys(ctx.tenant, outcome.flow.client)))


def _response_url(request: _Request, result: FlowResult, keys: ResponseKeys) -> str:
    ctx, flow = context(request), result.flow
    return response_url(keys, ctx.tenant, flow.client, flow.attempt.request, result.code_or_error, now=ctx.now)


def _problem_name(error: HaasError, step: FlowStep) -> str:
    match error:
        case ChoiceMissing():
            return f"{error.what}-missing"
        case CodeRefused():
            return f"code-{error.reason}"
        case IdentifierLocked():
            return IDENTIFIER_LOCKED if step == "identify" else "code-locked"
        case TooManyIdentifiers():
            return "identifiers-used"
        case ResponseImpossible():
            return "response-impossible"
    return "review-changed"


def _redirect_with_problem(browser: FlowBrowser, step: FlowStep, problem: str, **parameters: str) -> Response[None]:
    return redirect(f"{browser.step_url(step)}?{urlencode({'problem': problem, **parameters})}")
