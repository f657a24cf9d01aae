"""The authorisation endpoint, which a person's browser calls (RFC 9126 4; CDS, Authorisation endpoint).

While the pushed request is unknown, or its redirect_uri is no longer registered, a redirect is not safe, so errors are
shown on a page. After that, errors are returned to the client in a signed response (JARM).
"""

from collections.abc import Awaitable
from typing import Any, Final
from urllib.parse import urlencode

from litestar import Response, get, post
from litestar.exceptions import ClientException

from apps.http.call import Call, HttpRequest, in_transaction, respond
from apps.http.errors import SHAPE
from apps.http.flows import cookie_name, delete_oldest_cookies, flow_cookie, flow_url, load_flow_key
from apps.http.form_encoding import MAXIMUM_BODY_BYTES
from apps.http.pages import SEE_OTHER, redirect
from apps.identity.parameters import Parameters, form_parameters, query_parameters
from haas.steps import Step
from tenants.attempts import service as attempts
from tenants.attempts.browser_binding import is_bound_to, is_genuine, new_secret, secret_hash
from tenants.attempts.models import Attempt
from tenants.clients import store as clients
from tenants.clients.models import Client
from tenants.oauth.endpoints import AUTHORISE
from tenants.oauth.errors import InvalidRequest, InvalidRequestUri, OAuthError

_OPTIONS: Final[dict[str, Any]] = {SHAPE: "page"}
_PREFETCH_HEADERS: Final = ("sec-purpose", "purpose", "x-moz")
"""The headers in which browsers say that they fetch a page in advance. Older browsers send the last two."""


class AuthoriseCall(Call):
    """The state of a call of the authorisation endpoint."""

    parameters: Parameters
    client: Client
    attempt: Attempt
    is_continued: bool
    """Whether the flow of the request is already bound to this browser."""
    immediate_error: OAuthError | None = None

    def __init__(self, request: HttpRequest) -> None:
        """This endpoint requires no authentication."""
        super().__init__(request, "authorise", "highPriority", authenticated=False)

    @property
    def flow_cookie(self) -> str:
        """The value of the cookie that the browser has for the flow of the attempt, or the empty string."""
        return self.request.cookies.get(cookie_name(self.attempt.id), "")


def is_no_prefetch(call: AuthoriseCall) -> None:
    """The browser fetches the page because the person opens it, not in advance (Fetch, Sec-Purpose)."""
    if any("prefetch" in call.request.headers.get(name, "").lower() for name in _PREFETCH_HEADERS):
        raise ClientException("the authorisation endpoint must not be fetched in advance")


async def read_the_parameters(call: AuthoriseCall) -> None:
    """No parameter in the query of a GET or the form of a POST occurs twice (OIDC Core 3.1.2.1; RFC 6749 3.1)."""
    request = call.request
    call.parameters = (
        await form_parameters(request) if request.method == "POST" else query_parameters(request.scope["query_string"])
    )


def has_no_request_object(call: AuthoriseCall) -> None:
    """`request` is absent: "MUST reject authorisation requests containing the request parameter" (CDS, Request Object).

    Other parameters of the query are ignored: only the pushed parameters are used (RFC 9101 6.3).
    """
    if "request" in call.parameters:
        raise InvalidRequest("request must be pushed, not sent through the browser")


def has_a_request_uri(call: AuthoriseCall) -> None:
    """`request_uri` has the form of ours: "data MUST only be accepted using PAR" (CDS, Request Object Submission)."""
    if not call.parameters.get("request_uri", "").startswith(attempts.REQUEST_URI_PREFIX):
        raise InvalidRequest("request_uri of a pushed authorisation request is required")


def has_a_client_id(call: AuthoriseCall) -> None:
    """`client_id` is present, which is required with a request_uri (RFC 9101 5; RFC 9126 4)."""
    if "client_id" not in call.parameters:
        raise InvalidRequest("client_id is missing")


async def client_is_registered(call: AuthoriseCall) -> None:
    """The client is registered (RFC 6749 4.1.2.1)."""
    client = await clients.load(call.tx, call.parameters["client_id"])
    if client is None:
        raise InvalidRequest("client_id is unknown")
    call.client = client


def redirect_uri_is_still_registered(call: AuthoriseCall) -> None:
    """The client has not removed the redirect_uri from its registration since the push (RFC 6749 4.1.2.1)."""
    if not attempts.may_redirect(call.client, call.attempt.request):
        raise InvalidRequest("redirect_uri is no longer one of the client's registered redirect_uris")


async def request_was_pushed_by_the_client(call: AuthoriseCall) -> None:
    """The client has pushed a request with this request_uri. The row of the attempt is locked (RFC 9126 4)."""
    call.attempt = await attempts.by_request_uri(call.tx, call.client, call.parameters["request_uri"])
    call.context.recipient = call.client.registration


def client_is_within_the_traffic_threshold(call: AuthoriseCall) -> Awaitable[None] | None:
    """The authorisation traffic of the software product is within its threshold (CDS, Traffic Thresholds).

    Otherwise the status is 429. Only visits for a request that the client has pushed are counted, so nobody else can
    use up the client's calls.
    """
    traffic = call.context.services.traffic
    return traffic.authorisation_call(call.context.tenant, call.client.software_id, secure=False)


def recognise_the_browser(call: AuthoriseCall) -> None:
    """If the flow is bound to this browser, the visit continues the flow, and the next two checks are skipped."""
    call.is_continued = is_bound_to(call.attempt, secret_hash(call.flow_cookie))


def request_uri_is_unused(call: AuthoriseCall) -> None:
    """The request_uri was not used: "Data Holders MUST reject the reuse of request_uri values" (CDS).

    The request_uri is used as soon as a browser has sent an identifier or has cancelled.
    """
    if not call.is_continued:
        attempts.require_unused_request_uri(call.attempt)


def request_uri_has_not_expired(call: AuthoriseCall) -> None:
    """The request_uri is not older than 90 seconds (CDS, Request Object Submission)."""
    if not call.is_continued:
        attempts.require_unexpired_request_uri(call.attempt, call.context.now)


async def begin_or_reject(call: AuthoriseCall) -> None:
    """The flow can begin, unless the recipient is inactive, `prompt` is none, or `acr` cannot be reached.

    In these cases the attempt ends with an error for the client (CDS, Participant Statuses; OIDC Core 3.1.2.6 and
    5.5.1.1), which each visit gets until the request_uri expires. Of other visits, only the time of the first is
    stored: each browser gets its own cookie. So no visit ends the flow of another browser.
    """
    if call.is_continued:
        return
    call.immediate_error = attempts.immediate_error(call.client, call.attempt.request)
    if call.immediate_error is not None:
        await attempts.record_immediate_error(call.tx, call.attempt, call.immediate_error, call.context.now)
    elif call.attempt.stage == "rejected":
        raise InvalidRequestUri("the request was answered with an error before")
    else:
        await attempts.record_visit(call.tx, call.attempt, call.context.now)


async def redirect_the_browser(call: AuthoriseCall) -> None:
    """The browser is redirected to the flow, with the flow's cookie, or to the client, with a signed error."""
    ctx, attempt = call.context, call.attempt
    if call.immediate_error is not None:
        ctx.error = call.immediate_error.error
        call.response = redirect(
            await ctx.services.responder.build(ctx.tenant, call.client, attempt.request, call.immediate_error, ctx.now)
        )
        return
    if call.is_continued:
        call.response = redirect(flow_url(attempt.id))
        return
    key, secret = await load_flow_key(call.request), call.flow_cookie
    if not is_genuine(key, attempt.id, secret):
        secret = new_secret(key, attempt.id)
    call.response = redirect(flow_url(attempt.id, "identify"))
    call.response.set_cookie(flow_cookie(attempt.id, secret))
    delete_oldest_cookies(call.response, call.request.cookies, keep=attempt.id)


async def redirect_to_get(call: AuthoriseCall) -> None:
    """The browser is redirected to GET, because it sends no SameSite=Lax cookie with a POST from another site."""
    query = {name: call.parameters[name] for name in ("client_id", "request_uri")}
    call.response = redirect(f"{AUTHORISE}?{urlencode(query)}")


STEPS: Final[tuple[Step[AuthoriseCall], ...]] = (
    is_no_prefetch,
    read_the_parameters,
    has_no_request_object,
    has_a_request_uri,
    has_a_client_id,
    in_transaction(
        client_is_registered,
        request_was_pushed_by_the_client,
        client_is_within_the_traffic_threshold,
        recognise_the_browser,
        request_uri_is_unused,
        request_uri_has_not_expired,
        redirect_uri_is_still_registered,
        begin_or_reject,
    ),
    redirect_the_browser,
)
FORM_STEPS: Final[tuple[Step[AuthoriseCall], ...]] = (
    read_the_parameters,
    has_no_request_object,
    has_a_request_uri,
    has_a_client_id,
    redirect_to_get,
)


@get(AUTHORISE, opt=_OPTIONS)
async def authorise(request: HttpRequest) -> Response[None]:
    """Begin the flow of a pushed request."""
    return await respond(STEPS, AuthoriseCall(request))


@post(AUTHORISE, status_code=SEE_OTHER, request_max_body_size=MAXIMUM_BODY_BYTES, opt=_OPTIONS)
async def authorise_by_form(request: HttpRequest) -> Response[None]:
    """Begin the flow with POST: servers "MUST support the use of the HTTP GET and POST methods" (OIDC Core 3.1.2.1)."""
    return await respond(FORM_STEPS, AuthoriseCall(request))
