"""The recipient's web pages for a person who shares data."""

import secrets
from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import urlsplit

import httpx
from litestar import Response, get, post
from litestar.datastructures import Cookie
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Redirect

from haas.errors import HaasError
from ops.sandbox.jose import JoseError, read_unverified
from ops.sandbox.recipient import views
from ops.sandbox.recipient.account_view import accounts_view
from ops.sandbox.recipient.answers import AuthorisationRefused, Refused
from ops.sandbox.recipient.bills import amount_text
from ops.sandbox.recipient.choices import DURATIONS, seconds_of
from ops.sandbox.recipient.data import DER, USAGE_SCOPE, answer_of, data_of, items_of
from ops.sandbox.recipient.data_language import CLUSTERS, supported_groups
from ops.sandbox.recipient.equipment import equipment
from ops.sandbox.recipient.formats import day, day_of
from ops.sandbox.recipient.problems import cut, problems
from ops.sandbox.recipient.records import Arrangement
from ops.sandbox.recipient.register_api import HolderBrand, RegisterUnavailable
from ops.sandbox.recipient.service_points import names_of_points
from ops.sandbox.recipient.sharing import NotSupported, Sharing, UnknownReference
from ops.sandbox.recipient.usage import requested_days
from ops.sandbox.recipient.usage_reads import market_day
from ops.sandbox.recipient.usage_view import usage_view
from ops.sandbox.templating import Pages
from ops.sandbox.tenants import Tenants
from ops.sandbox.web import BadRequest, HttpRequest, check_same_origin, form_of

BROWSER_COOKIE = "__Host-browser"
PAGES = Pages("recipient", amount=amount_text, day=day)
MAXIMUM_RESPONSE = 16 * 1024
_NUMBERS = {str(number) for number in range(1, 1000)}


@get("/")
async def index(
    request: HttpRequest,
    sharing: NamedDependency[Sharing],
    tenants: NamedDependency[Tenants],
    mailbox_address: NamedDependency[str],
) -> Response[str]:
    """Show the sharing arrangements and the form that starts a new one."""
    try:
        brands = await sharing.brands()
    except RegisterUnavailable:
        brands = []
    page = PAGES.show(
        "index.html",
        brands=brands,
        arrangements=await sharing.arrangements(),
        groups=supported_groups(await sharing.supported_scopes(brands)),
        durations=DURATIONS,
        logins=tenants.with_login(),
        mailbox_address=mailbox_address,
        form_targets=_origins(brands),
    )
    if BROWSER_COOKIE not in request.cookies:
        page.cookies.append(_browser_cookie())
    return page


@post("/connect", status_code=303)
async def connect(request: HttpRequest, sharing: NamedDependency[Sharing]) -> Response[Any]:
    """Push an authorisation request and send the browser to the data holder."""
    check_same_origin(request)
    form = await form_of(request)
    browser = request.cookies.get(BROWSER_COOKIE)
    if browser is None:
        return _message("Cookies are off", "This page needs a cookie to receive the answer of your retailer.")
    chosen = {value for name, value in form.items() if name.startswith("scope-")}
    scopes = [cluster.scope for cluster in CLUSTERS if cluster.scope in chosen]
    duration = seconds_of(form.get("duration"))
    if duration is None or not scopes:
        return _message("Something is missing", "Choose at least one kind of data, and for how long we may read it.")
    return await _to_the_holder(lambda: sharing.start(form.get("brand", ""), scopes, duration, browser))


@get("/sharing/{arrangement_id:str}/change")
async def show_change(arrangement_id: FromPath[str], sharing: NamedDependency[Sharing]) -> Response[Any]:
    """Show the form that changes for how long data is shared."""
    try:
        arrangement = await sharing.arrangement(arrangement_id)
        brands = [brand for brand in await sharing.brands() if brand.id == arrangement.data_holder_brand_id]
    except (HaasError, httpx.HTTPError) as error:
        return _failure_page(error)
    return PAGES.show(
        "change.html",
        arrangement=arrangement,
        clusters=views.shared_clusters(arrangement),
        durations=[duration for duration in DURATIONS if duration.seconds],
        form_targets=_origins(brands),
    )


@post("/sharing/{arrangement_id:str}/change", status_code=303)
async def change(
    request: HttpRequest, arrangement_id: FromPath[str], sharing: NamedDependency[Sharing]
) -> Response[Any]:
    """Push a request that amends the arrangement and send the browser to the data holder."""
    check_same_origin(request)
    duration = seconds_of((await form_of(request)).get("duration"))
    if not duration:
        return _message("Something is missing", "Choose for how long we may read your data.")
    browser = request.cookies.get(BROWSER_COOKIE, "")
    return await _to_the_holder(lambda: sharing.change(arrangement_id, duration, browser))


@get("/callback")
async def callback(request: HttpRequest, sharing: NamedDependency[Sharing]) -> Response[Any]:
    """Receive the JARM response that the browser returns with."""
    response = request.query_params.get("response", "")
    browser = request.cookies.get(BROWSER_COOKIE, "")
    try:
        if len(response) > MAXIMUM_RESPONSE:
            raise BadRequest("the response parameter is too long for an authorisation response")
        state = str(read_unverified(response).claims.get("state"))
        arrangement = await sharing.finish(state, response, browser)
    except AuthorisationRefused as refusal:
        if refusal.error == "access_denied":
            return _message("You chose not to share", "Nothing was shared, and nothing was stored.", status=200)
        return _failure_page(refusal)
    except JoseError as error:
        return _failure_page(BadRequest(f"not an authorisation response: {error}"))
    except (HaasError, httpx.HTTPError) as error:
        return _failure_page(error)
    return Redirect(f"/sharing/{arrangement.cdr_arrangement_id}", status_code=303)


@get("/sharing/{arrangement_id:str}")
async def show(arrangement_id: FromPath[str], sharing: NamedDependency[Sharing]) -> Response[Any]:
    """Show one arrangement and the data that was read under it."""
    return await _arrangement_page(lambda: sharing.arrangement(arrangement_id), arrangement_id, sharing)


@get("/sharing/{arrangement_id:str}/usage")
async def show_usage(
    request: HttpRequest, arrangement_id: FromPath[str], sharing: NamedDependency[Sharing]
) -> Response[Any]:
    """Show the usage by month, and by half hour of one day. It is read when this page is opened.

    The query has the number of the electricity connection and the day. Those that cannot be are answered with the
    latest day of the first connection.
    """
    failure = None
    oldest, newest = requested_days(sharing.now())
    chosen = day_of(request.query_params.get("day"))
    chosen = chosen if chosen is not None and oldest <= chosen <= newest else None
    try:
        arrangement, answers = await sharing.usage(arrangement_id, chosen)
    except UnknownReference as error:
        return _failure_page(error)
    except (HaasError, httpx.HTTPError) as error:
        failure, answers = _explanation(error), []
        arrangement = await sharing.arrangement(arrangement_id)
    number = request.query_params.get("connection", "")
    return PAGES.show(
        "usage.html",
        arrangement=arrangement,
        failure=failure,
        problems=problems(answers),
        is_shared=USAGE_SCOPE in arrangement.scope.split(),
        view=usage_view(arrangement, int(number) if number in _NUMBERS else 1, chosen),
    )


@post("/sharing/{arrangement_id:str}/fetch", status_code=200)
async def fetch(
    request: HttpRequest, arrangement_id: FromPath[str], sharing: NamedDependency[Sharing]
) -> Response[Any]:
    """Read the data again and show it."""
    check_same_origin(request)
    return await _arrangement_page(lambda: sharing.fetch(arrangement_id), arrangement_id, sharing)


@post("/sharing/{arrangement_id:str}/stop", status_code=200)
async def stop(request: HttpRequest, arrangement_id: FromPath[str], sharing: NamedDependency[Sharing]) -> Response[Any]:
    """Withdraw the consent and notify the data holder."""
    check_same_origin(request)
    return await _arrangement_page(lambda: sharing.revoke(arrangement_id), arrangement_id, sharing)


@get("/policy")
async def policy() -> Response[str]:
    """Show the CDR policy, which the SSA points to."""
    return _message(
        "CDR policy",
        "Brightside Budget exists in this sandbox only. It reads test data, keeps it in the sandbox’s own folder, and "
        "passes it to nobody.",
        status=200,
    )


ROUTES = [index, connect, callback, show, show_usage, show_change, change, fetch, stop, policy]


async def _to_the_holder(push: Callable[[], Awaitable[str]]) -> Response[Any]:
    """Push a request, and redirect the browser to the address where the person answers it."""
    try:
        address = await push()
    except NotSupported:
        return _message("Your retailer does not share this data yet", "Go back and choose other data.")
    except (HaasError, httpx.HTTPError) as error:
        return _failure_page(error)
    return Redirect(address, status_code=303)


async def _arrangement_page(
    act: Callable[[], Awaitable[Arrangement]], arrangement_id: str, sharing: Sharing
) -> Response[Any]:
    failure = None
    try:
        arrangement = await act()
    except UnknownReference as error:
        return _failure_page(error)
    except (HaasError, httpx.HTTPError) as error:
        failure = _explanation(error)
        arrangement = await sharing.arrangement(arrangement_id)
    granted = set(arrangement.scope.split())
    return PAGES.show(
        "arrangement.html",
        arrangement=arrangement,
        failure=failure,
        problems=problems(arrangement.fetched),
        cut=cut(arrangement.fetched),
        person=views.person(arrangement),
        overview=accounts_view(arrangement, market_day(sharing.now())),
        granted=granted,
        equipment=equipment(items_of(arrangement.fetched, DER)),
        equipment_was_read=bool(data_of(answer_of(arrangement.fetched, DER))),
        point_names=names_of_points(arrangement.fetched),
        clusters=views.shared_clusters(arrangement),
        not_shared=views.not_shared(arrangement),
        calls=views.calls(arrangement),
    )


def _failure_page(error: Exception) -> Response[str]:
    status = 404 if isinstance(error, UnknownReference) else 502
    if isinstance(error, BadRequest):
        status = 400
    return _message(
        "That did not work", _explanation(error), status=status, technical=f"{type(error).__name__}: {error}"[:500]
    )


def _explanation(error: Exception) -> str:
    if isinstance(error, UnknownReference):
        return f"We cannot find this: {error}."
    if isinstance(error, AuthorisationRefused | Refused):
        return f"Your retailer refused: {error.description or error.error or error}."
    if isinstance(error, httpx.HTTPError | RegisterUnavailable):
        return "We could not reach your retailer or the Register. Try again in a moment."
    return "We received an invalid answer, and stopped."


def _message(title: str, *paragraphs: str, status: int = 400, technical: str = "") -> Response[str]:
    return PAGES.show("message.html", status=status, title=title, paragraphs=paragraphs, technical=technical)


def _origins(brands: list[HolderBrand]) -> list[str]:
    """Return the origins to which the form redirects: browsers apply `form-action` to redirects of a form too."""
    return sorted({f"https://{urlsplit(brand.issuer).netloc}" for brand in brands})


def _browser_cookie() -> Cookie:
    return Cookie(
        key=BROWSER_COOKIE, value=secrets.token_urlsafe(24), path="/", secure=True, httponly=True, samesite="lax"
    )
