"""The consent flow, from the identifier to the review: the current step, and what each step changes.

This module contains no pages and no HTTP. An app shows the steps, passes the person's input to these functions, and
sends the result to the client. Every function runs in the caller's transaction. Its `flow` must come from `load_flow`
in the same transaction. The choice of accounts is in `tenants.consent.account_selection`, and the end of a flow in
`tenants.consent.ending`.

    identify → verify → [customer] → [accounts] → review → authorise
"""

from datetime import datetime
from typing import get_args
from uuid import UUID

from haas.database import Transaction
from tenants.accounts import service as accounts
from tenants.accounts.disclosure_rule import REFUSAL_BY_REASON
from tenants.accounts.models import HeldAccount
from tenants.arrangements import store as arrangements
from tenants.arrangements.models import Arrangement
from tenants.attempts import browser_binding, service, store
from tenants.attempts.state import FLOW_LIFETIME
from tenants.authentication import service as authentication
from tenants.authentication.models import AuthenticationContext, Challenge, SharingFlow
from tenants.calls import store as calls
from tenants.calls.models import RefusedDay
from tenants.clients import store as clients
from tenants.consent.errors import ChoiceMissing, FlowClosed, FlowNotFound, FlowStep, PersonChanged, StepNotCurrent
from tenants.consent.models import Flow, FlowResult, StepOutcome
from tenants.data_language import needs_accounts
from tenants.oauth.errors import InvalidRequest
from tenants.parties.models import NOBODY, Login, Person, canonical_identifier


async def login_to_ask_for(tx: Transaction, attempt_id: UUID, *, answers_code: bool) -> UUID | None:
    """Return the login for which the directory must be asked before the flow is loaded, or None.

    It is the login that has authenticated. With `answers_code` it can also be the login of the challenge, or `NOBODY`,
    so that the directory is asked also where there is no login.
    """
    login_id = await store.login_of(tx, attempt_id)
    if login_id is not None or not answers_code:
        return login_id
    return await store.challenged_login(tx, attempt_id) or NOBODY


async def load_flow(tx: Transaction, attempt_id: UUID, secret: str, *, person: Person | None, key: bytes) -> Flow:
    """Return the flow of an attempt. The attempt's row is locked until the transaction ends.

    `person` is the directory's answer for `login_to_ask_for`, which was asked before this transaction. Raise
    PersonChanged if another person has authenticated since then.

    `secret` is the value of the browser's flow cookie, and `key` the key of its MAC (`browser_binding.flow_key`).
    Raise FlowNotFound if there is no such flow, if the secret is wrong, or if the flow is bound to another browser.
    Raise FlowClosed if the client was removed, or has removed the redirect_uri of the request from its registration:
    the browser must not be redirected to it (RFC 6749 4.1.2.1).
    """
    attempt = await store.by_id(tx, attempt_id)
    if attempt is None or not browser_binding.is_genuine(key, attempt_id, secret):
        raise FlowNotFound(f"there is no flow {attempt_id} with this secret")
    browser_hash = browser_binding.secret_hash(secret)
    if attempt.browser_hash is not None and not browser_binding.is_bound_to(attempt, browser_hash):
        raise FlowNotFound(f"flow {attempt_id} belongs to another browser")
    if attempt.browser_hash is None and attempt.stage != "preIdentification":
        raise FlowClosed("over", f"attempt {attempt_id} is at stage {attempt.stage} without a browser")
    client = await clients.load(tx, attempt.client_id)
    if client is None:
        raise FlowClosed("over", f"client {attempt.client_id} was removed")
    if not service.may_redirect(client, attempt.request):
        raise FlowClosed("over", f"client {attempt.client_id} is no longer registered for the redirect_uri")
    if attempt.login_id is None:
        return Flow(attempt=attempt, client=client, person=person, browser_hash=browser_hash)
    if person is None or person.login_id != attempt.login_id:
        raise PersonChanged(f"a person has authenticated in flow {attempt_id} since the directory was asked")
    return Flow(
        attempt=attempt,
        client=client,
        person=person,
        browser_hash=browser_hash,
        customers=person.shares_for,
        amended_arrangement=await _load_arrangement(tx, attempt.request.cdr_arrangement_id),
        authorised_arrangement=await _load_arrangement(tx, attempt.arrangement_id),
    )


def current_step(flow: Flow, now: datetime) -> FlowStep:
    """Return the current step of the flow. Raise FlowClosed."""
    attempt = flow.attempt
    if not attempt.in_flow or now - attempt.created_at >= FLOW_LIFETIME:
        raise FlowClosed(flow.end(now), f"attempt {attempt.id} is at stage {attempt.stage} since {attempt.stage_at}")
    match attempt.stage:
        case "preIdentification":
            return "identify"
        case "preAuthentication":
            return "verify"
        case "preAuthorisation":
            return "review"
    return "customer" if attempt.customer_id is None and _chooses_customer(flow) else "accounts"


def require_step(flow: Flow, step: FlowStep, now: datetime) -> None:
    """Raise StepNotCurrent unless `step` is the current step, or an earlier step that may be repeated now."""
    current = current_step(flow, now)
    if current == step:
        return
    if not _may_be_repeated(flow, step, current):
        raise StepNotCurrent(current)


def steps(flow: Flow, shown: FlowStep) -> list[FlowStep]:
    """Return the steps of this flow, in their order. `shown` is the step that is shown.

    Before the person has authenticated, it is not known whether they act for several customers. The step for that is
    then left out. It would tell whether there is a login with the identifier that was entered.
    """
    present = {"customer": _chooses_customer(flow), "accounts": needs_accounts(flow.attempt.request.scopes)}
    every: tuple[FlowStep, ...] = get_args(FlowStep)
    return [step for step in every if present.get(step, True) or step == shown]


def way_back(flow: Flow, shown: FlowStep, now: datetime) -> FlowStep | None:
    """Return the step before the one that is shown, if the person may return to it. Raise FlowClosed."""
    order = steps(flow, shown)
    before = order[order.index(shown) - 1] if order[0] != shown else None
    return before if before is not None and _may_be_repeated(flow, before, current_step(flow, now)) else None


def _may_be_repeated(flow: Flow, step: FlowStep, current: FlowStep) -> bool:
    match step:
        case "customer":
            return current in {"accounts", "review"} and _chooses_customer(flow)
        case "accounts":
            return current == "review" and needs_accounts(flow.attempt.request.scopes)
    return False


def _chooses_customer(flow: Flow) -> bool:
    return len(flow.customers) > 1 and flow.amended_arrangement is None


async def identify(
    tx: Transaction,
    flow: Flow,
    identifier: str,
    login: Login | None,
    *,
    context: AuthenticationContext,
    now: datetime,
) -> StepOutcome:
    """Send a one-time password to the person with this identifier. If the form is submitted twice, send only one code.

    `login` is the directory's answer for the identifier. The flow is then bound to this browser, and no other browser
    can continue it.

    Raise ChoiceMissing, StepNotCurrent, IdentifierLocked or TooManyIdentifiers.
    """
    if current_step(flow, now) == "verify":
        challenge = await current_challenge(tx, flow, now)
        if challenge.can_be_answered(now) and (
            not canonical_identifier(identifier) or authentication.is_challenge_for(challenge, identifier, context)
        ):
            return "verify"
    else:
        require_step(flow, "identify", now)
    if not canonical_identifier(identifier):
        raise ChoiceMissing("identifier")
    challenge = await authentication.send_code(
        tx, identifier, login, "authorisation", context=context, flow=_sharing(flow), now=now
    )
    await browser_binding.bind_to_browser(tx, flow.attempt, flow.browser_hash)
    await store.set_stage(tx, flow.attempt.id, "preAuthentication", now=now, challenge_id=challenge.id)
    return "verify"


async def current_challenge(tx: Transaction, flow: Flow, now: datetime) -> Challenge:
    """Return the challenge that the person must answer. Raise FlowClosed if there is none."""
    challenge_id = flow.attempt.challenge_id
    challenge = None
    if challenge_id is not None:
        challenge = await authentication.load_challenge(tx, challenge_id, "authorisation", now)
    if challenge is None:
        raise FlowClosed("over", f"attempt {flow.attempt.id} has no challenge")
    return challenge


async def resend(
    tx: Transaction, flow: Flow, replaces: str, *, context: AuthenticationContext, now: datetime
) -> StepOutcome:
    """Send a new code in place of challenge `replaces` (its id in hex). Send nothing if it was already replaced.

    Raise StepNotCurrent, CodeRefused or IdentifierLocked.
    """
    require_step(flow, "verify", now)
    challenge = await current_challenge(tx, flow, now)
    if challenge.id.hex == replaces:
        challenge = await authentication.resend_code(
            tx, challenge, _asked(flow), context=context, flow=_sharing(flow), now=now
        )
        await store.set_columns(tx, flow.attempt.id, challenge_id=challenge.id)
    return "verify"


async def restart(tx: Transaction, flow: Flow, *, now: datetime) -> StepOutcome:
    """Return to the step `identify`, to enter another identifier. Raise StepNotCurrent after the authentication."""
    if current_step(flow, now) == "identify":
        return "identify"
    require_step(flow, "verify", now)
    await store.set_stage(tx, flow.attempt.id, "preIdentification", now=now, challenge_id=None)
    return "identify"


async def verify(
    tx: Transaction, flow: Flow, code: str, *, context: AuthenticationContext, now: datetime
) -> StepOutcome:
    """Authenticate the person by their one-time password, and mark the request_uri as used.

    End the flow if the request amends an arrangement of another consumer: "If the cdr_arrangement_id is
    not related to the consumer being authenticated it MUST be rejected" (CDS, Request Object Submission).
    Raise StepNotCurrent, CodeRefused or IdentifierLocked.
    """
    require_step(flow, "verify", now)
    challenge = await current_challenge(tx, flow, now)
    person = _asked(flow)
    login_id = await authentication.verify_code(
        tx, challenge.id, code, "authorisation", person=person, context=context, now=now
    )
    await service.mark_request_uri_used(tx, flow.attempt, now)
    await store.set_columns(tx, flow.attempt.id, login_id=login_id, authenticated_at=now)
    customers = person.shares_for
    customer_id = customers[0].id if len(customers) == 1 else None
    arrangement_id = flow.attempt.request.cdr_arrangement_id
    if arrangement_id is not None:
        amended = await _load_arrangement(tx, arrangement_id)
        if (
            amended is None
            or amended.state(now) != "active"
            or amended.customer_id not in {customer.id for customer in person.sees}
        ):
            error = InvalidRequest("cdr_arrangement_id is not an active arrangement of this consumer")
            await service.reject(tx, flow.attempt, error, now, authenticated=True)
            return FlowResult(flow, error)
        # Who may only see what the customer shares is told so on the page that lists the accounts.
        customer_id = amended.customer_id if amended.customer_id in {each.id for each in customers} else None
    if customer_id is None:
        await store.set_stage(tx, flow.attempt.id, "preAccountSelection", now=now)
        return "customer" if customers and arrangement_id is None else "accounts"
    return await _set_customer(tx, flow, customer_id, now)


async def login_if_right(
    tx: Transaction, flow: Flow, code: str, *, context: AuthenticationContext, now: datetime
) -> UUID | None:
    """Return the login that `verify` would authenticate with this code, or None. Nothing is changed.

    With it, the directory is refreshed before the customers of the person decide about the next step.
    """
    if flow.attempt.stage != "preAuthentication" or flow.attempt.challenge_id is None:
        return None
    return await authentication.login_if_right(
        tx, flow.attempt.challenge_id, code, "authorisation", person=_asked(flow), context=context, now=now
    )


async def choose_customer(tx: Transaction, flow: Flow, customer_id: UUID | None, *, now: datetime) -> StepOutcome:
    """Set the customer whose data is shared. Raise StepNotCurrent or ChoiceMissing."""
    require_step(flow, "customer", now)
    if customer_id is None or customer_id not in {customer.id for customer in flow.customers}:
        raise ChoiceMissing("customer")
    if customer_id == flow.attempt.customer_id:
        return current_step(flow, now)
    return await _set_customer(tx, flow, customer_id, now)


def _sharing(flow: Flow) -> SharingFlow:
    return SharingFlow(flow.attempt.id, flow.client.registration.client_name)


def _asked(flow: Flow) -> Person:
    if flow.person is None:
        raise AssertionError("the directory must be asked before a code is sent again or answered")
    return flow.person


async def _set_customer(tx: Transaction, flow: Flow, customer_id: UUID, now: datetime) -> FlowStep:
    await _record_refusals(tx, flow, customer_id, now)
    # A person who cannot share anything learns why on the page that lists the accounts, and can only cancel there.
    if needs_accounts(flow.attempt.request.scopes) or not await accounts.is_eligible(
        tx, customer_id, flow.client.recipient_id, now
    ):
        await store.set_stage(
            tx, flow.attempt.id, "preAccountSelection", now=now, customer_id=customer_id, accounts=None
        )
        return "accounts"
    await store.set_stage(tx, flow.attempt.id, "preAuthorisation", now=now, customer_id=customer_id, accounts=[])
    return "review"


async def _record_refusals(tx: Transaction, flow: Flow, customer_id: UUID, now: datetime) -> None:
    """Record for which reasons the person is not asked to share some or all of the accounts (CDR Rules 4.7, 9.4)."""
    held = await _accounts_of(tx, flow, customer_id, now)
    reasons = {REFUSAL_BY_REASON[each.unavailable] for each in held if each.unavailable in REFUSAL_BY_REASON}
    day = accounts.market_day(now)
    refused = [
        RefusedDay(day=day, request="authorisation", reason=reason, arrangement_id=None, calls=1, last_at=now)
        for reason in reasons
    ]
    await calls.add_refusals(tx, refused)


async def held_accounts(tx: Transaction, flow: Flow, now: datetime) -> list[HeldAccount]:
    """Return the accounts of the customer whose data is shared, also those that cannot be shared."""
    customer_id = flow.attempt.customer_id
    if customer_id is None:
        return []
    return await _accounts_of(tx, flow, customer_id, now)


async def _accounts_of(tx: Transaction, flow: Flow, customer_id: UUID, now: datetime) -> list[HeldAccount]:
    recipient_id, login_id = flow.client.recipient_id, flow.attempt.login_id
    return await accounts.accounts_of(tx, customer_id, recipient_id, now, login_id=login_id)


async def _load_arrangement(tx: Transaction, arrangement_id: UUID | None) -> Arrangement | None:
    return None if arrangement_id is None else await arrangements.by_id(tx, arrangement_id)
