"""The end of a consent flow: the person authorises what the review page showed, or cancels.

Like the functions of `tenants.consent.flow`, these run in the caller's transaction.
"""

import hmac
from base64 import urlsafe_b64encode
from datetime import datetime
from hashlib import sha256
from typing import Final

from haas.database import Transaction
from tenants.arrangements.errors import ArrangementEnded, ArrangementNotFound
from tenants.attempts import browser_binding, service
from tenants.consent import flow as flows
from tenants.consent.errors import FlowClosed, ReviewChanged
from tenants.consent.models import Flow, FlowResult, ReviewPage
from tenants.consent.review import build_review, shown_content, shown_digest
from tenants.oauth.errors import AccessDenied, InvalidRequest, OAuthError, UnauthorizedClient
from tenants.tokens.lifetimes import AUTHORISATION_RESPONSE_LIFETIME, AUTHORIZATION_CODE_LIFETIME

_ARRANGEMENT_ENDED: Final = "cdr_arrangement_id is no longer an active arrangement"


async def authorise(
    tx: Transaction, flow: Flow, secret: str, sent_digest: str, *, page: ReviewPage, now: datetime
) -> FlowResult:
    """Store the consent and return its code. If the form is submitted again, return the same code until it expires.

    A code that the client has exchanged is not returned again: a second exchange would end the arrangement.

    `sent_digest` is the digest of the content of the review page in hexadecimal, which the form of the page sends.
    `page` has the facts of the page that do not come from the flow, as they are now. Raise ReviewChanged, and store
    nothing, if the content has changed since the page was shown.

    The flow ends with an error if the person may no longer act for the customer, if the arrangement to amend has ended,
    or if the recipient is not active. Raise StepNotCurrent or FlowClosed.
    """
    code, attempt = _derive_code(flow, secret), flow.attempt
    sent = sent_digest.encode()
    if (
        attempt.stage == "preTokenExchange"
        and now - attempt.stage_at < AUTHORIZATION_CODE_LIFETIME
        and attempt.shown_digest is not None
        and hmac.compare_digest(sent, attempt.shown_digest.hex().encode())
    ):
        return FlowResult(flow, code)
    flows.require_step(flow, "review", now)
    if not _may_still_act(flow):
        return await _reject(tx, flow, AccessDenied("the consumer may no longer act for this customer"), now)
    amended = flow.amended_arrangement
    if attempt.request.cdr_arrangement_id is not None and (amended is None or amended.state(now) != "active"):
        return await _reject(tx, flow, InvalidRequest(_ARRANGEMENT_ENDED), now)
    try:  # before the comparison: nobody is asked to review again what cannot be authorised
        service.require_active_recipient(flow.client)
    except UnauthorizedClient as refused:
        return await _reject(tx, flow, refused, now)
    content = shown_content(flow, await build_review(tx, flow, now=now), page, now=now)
    if not hmac.compare_digest(sent, shown_digest(content).hex().encode()):
        raise ReviewChanged(f"the review of attempt {attempt.id} has changed since it was shown")
    try:
        await service.issue_code(tx, attempt, flow.client, now, code=code, shown=content)
    except (ArrangementNotFound, ArrangementEnded):
        return await _reject(tx, flow, InvalidRequest(_ARRANGEMENT_ENDED), now)
    await service.set_shown_digest(tx, attempt, shown_digest(content))
    return FlowResult(flow, code)


async def cancel(tx: Transaction, flow: Flow, *, now: datetime) -> FlowResult:
    """End the flow because the person cancelled. If the form is submitted again, return the same result.

    If no browser has sent an identifier yet, the flow is bound to this browser, and ends for all other browsers.

    Raise FlowClosed if the flow has ended in another way, or was cancelled too long ago.
    """
    error = AccessDenied("the consumer cancelled")
    attempt = flow.attempt
    if attempt.in_flow:
        await browser_binding.bind_to_browser(tx, attempt, flow.browser_hash)
        return await _reject(tx, flow, error, now, denied_by_person=True)
    if attempt.error != error.error or now - attempt.stage_at >= AUTHORISATION_RESPONSE_LIFETIME:
        raise FlowClosed(flow.end(now), f"attempt {attempt.id} is at stage {attempt.stage}")
    return FlowResult(flow, error)


async def _reject(
    tx: Transaction, flow: Flow, error: OAuthError, now: datetime, *, denied_by_person: bool = False
) -> FlowResult:
    await service.reject(tx, flow.attempt, error, now, denied_by_person=denied_by_person)
    return FlowResult(flow, error)


def _may_still_act(flow: Flow) -> bool:
    """Return whether the person still has an enabled login, and may still act for the customer."""
    customer_id = flow.attempt.customer_id
    if flow.attempt.login_id is None or flow.person is None or flow.person.login is None:
        return False
    return customer_id is None or customer_id in {customer.id for customer in flow.customers}


def _derive_code(flow: Flow, secret: str) -> str:
    """Return the code of the flow: 256 bits derived from the browser's secret. Each call returns the same code."""
    derived = hmac.digest(secret.encode(), b"authorisation code\0" + flow.attempt.id.bytes, sha256)
    return urlsafe_b64encode(derived).rstrip(b"=").decode()
