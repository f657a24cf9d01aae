"""The operations of a retailer's server (docs/upstream-openapi.json), for every brand that has data here."""

import asyncio
import uuid
from collections.abc import AsyncIterator, Callable
from datetime import date, datetime
from typing import Any, Final

import msgspec
from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Stream

from haas.errors import HaasError
from ops.sandbox.retailer.authorisation import NotAuthenticated, RetailerAuthorisation, RetailerToken
from ops.sandbox.retailer.data import JsonObject, RetailerData, Retailers
from ops.sandbox.retailer.faults import Fault, Faults, RetailerRequest
from ops.sandbox.retailer.window import DEFAULT_LIMIT, MAXIMUM_LIMIT, Window
from ops.sandbox.web import BadRequest, HttpRequest, certificate_thumbprint, form_of, origin_of

MAXIMUM_IDS: Final = 1_000
_TOO_LARGE: Final = 9 * 1024 * 1024
_HTML: Final = b"<html><body><h1>The service is being maintained</h1></body></html>"
_STATUSES: Final = {"unknown": 404, "closed": 409, "error": 500, "unavailable": 503, "unauthorised": 401}
_PARTS: Final = ("authorization", "client-cert", "host", "accept-encoding", "connection", "content-length", "via")
"""Headers that are not recorded: credentials, and those of the connection."""


class NotServed(HaasError):
    """There is no such brand or object. It is answered with 404."""


class Disconnected(Exception):
    """The connection ends in the middle of an answer."""


class RetailerServer:
    """What the operations share: the data of the brands, the authorisation of the holder, and the faults."""

    def __init__(
        self,
        retailers: Retailers,
        authorisation: RetailerAuthorisation,
        faults: Faults,
        issuer_of: Callable[[str], str | None],
    ) -> None:
        """`issuer_of` returns the issuer of the brand with a slug, or None if there is no such tenant."""
        self.retailers = retailers
        self.authorisation = authorisation
        self.faults = faults
        self.capabilities: JsonObject = {"version": 1, "balances": True, "endedCustomers": True}
        """The answer of getCapabilities: by default, the server has every operation."""
        self._issuer_of = issuer_of

    async def answer(
        self, request: HttpRequest, slug: str, operation: str, find: Callable[[RetailerData], Any]
    ) -> Response[Any]:
        """Return `find` of the data of a brand as the response of an operation, unless a fault applies.

        Raises NotAuthenticated, NotServed, BadRequest.
        """
        data, issuer = self.retailers.find(slug), self._issuer_of(slug)
        if data is None or issuer is None:
            raise NotServed("no server of such a brand")
        await self.authorisation.check(
            request.headers.get("authorization"),
            issuer=issuer,
            audience=origin_of(request) + request.scope["raw_path"].decode("ascii", "replace").partition("?")[0],
            thumbprint=certificate_thumbprint(request),
        )
        _check_headers(request)
        body = (await request.body()).decode("utf-8", "replace")
        kept = {name: value for name, value in request.headers.items() if name not in _PARTS}
        self.faults.record(
            slug, RetailerRequest(operation=operation, path=request.scope["path"], headers=kept, body=body)
        )
        fault = self.faults.take(slug, operation, request.scope["path"])
        if fault is not None and fault.kind == "slow":
            await asyncio.sleep(fault.seconds)
        elif fault is not None and fault.kind not in {"wrong-object", "invalid-item"}:
            return _faulty(fault)
        found = find(data)
        if found is None:
            raise NotServed("no such object")
        if fault is not None:
            found = _changed(found, fault)
        return Response(msgspec.json.encode({"data": found}), media_type="application/json")


@get("/{slug:str}/v1/health")
async def get_health(
    request: HttpRequest, slug: FromPath[str], server: NamedDependency[RetailerServer]
) -> Response[Any]:
    """Whether the server can answer requests for data."""
    return await server.answer(request, slug, "getHealth", lambda _: {"status": "ok"})


@get("/{slug:str}/v1/capabilities")
async def get_capabilities(
    request: HttpRequest, slug: FromPath[str], server: NamedDependency[RetailerServer]
) -> Response[Any]:
    """Which optional operations the server has."""
    return await server.answer(request, slug, "getCapabilities", lambda _: server.capabilities)


@post("/{slug:str}/v1/users/find", status_code=200)
async def find_user(
    request: HttpRequest, slug: FromPath[str], server: NamedDependency[RetailerServer]
) -> Response[Any]:
    """The person who signs in with an identifier."""
    identifier = await _posted(request, "identifier", str)
    return await server.answer(request, slug, "findUser", lambda data: data.user_of(identifier))


@get("/{slug:str}/v1/users/{user_id:str}")
async def get_user(
    request: HttpRequest, slug: FromPath[str], user_id: FromPath[str], server: NamedDependency[RetailerServer]
) -> Response[Any]:
    """A person who signs in, by id."""
    return await server.answer(request, slug, "getUser", lambda data: data.users.get(user_id))


@get("/{slug:str}/v1/customers/{customer_id:str}")
async def get_customer(
    request: HttpRequest, slug: FromPath[str], customer_id: FromPath[str], server: NamedDependency[RetailerServer]
) -> Response[Any]:
    """A customer, and the periods in which the customer is not eligible."""

    def find(data: RetailerData) -> JsonObject | None:
        found = data.customers.get(customer_id)
        if found is None:
            return None
        x = server.retailers.with_ineligible(slug, found.get("x", {}), "ineligible", customerId=customer_id)
        return {**found, "x": x}

    return await server.answer(request, slug, "getCustomer", find)


@get("/{slug:str}/v1/customers/{customer_id:str}/accounts")
async def list_accounts(
    request: HttpRequest, slug: FromPath[str], customer_id: FromPath[str], server: NamedDependency[RetailerServer]
) -> Response[Any]:
    """All accounts of a customer, and the periods in which they are not eligible."""
    with_ineligible = server.retailers.with_ineligible

    def listed(account: JsonObject) -> JsonObject:
        account_id = account["accountId"]
        x = with_ineligible(slug, account["x"], "ineligible", accountId=account_id)
        x = with_ineligible(slug, x, "customerIneligible", customerId=customer_id, accountId=account_id)
        return {**account, "x": x}

    def find(data: RetailerData) -> JsonObject | None:
        if customer_id not in data.customers:
            return None
        return {"accounts": [listed(each) for each in data.accounts.get(customer_id, [])]}

    return await server.answer(request, slug, "listAccounts", find)


@get("/{slug:str}/v1/accounts/{account_id:str}")
async def get_account(
    request: HttpRequest, slug: FromPath[str], account_id: FromPath[str], server: NamedDependency[RetailerServer]
) -> Response[Any]:
    """An account with its plans."""
    return await server.answer(request, slug, "getAccount", lambda data: data.account_details.get(account_id))


@get("/{slug:str}/v1/accounts/{account_id:str}/payment-schedule")
async def get_payment_schedule(
    request: HttpRequest, slug: FromPath[str], account_id: FromPath[str], server: NamedDependency[RetailerServer]
) -> Response[Any]:
    """How an account is paid."""

    def find(data: RetailerData) -> JsonObject | None:
        known = account_id in data.account_details
        return {"paymentSchedules": data.payment_schedules.get(account_id, [])} if known else None

    return await server.answer(request, slug, "getPaymentSchedule", find)


@get("/{slug:str}/v1/accounts/{account_id:str}/concessions")
async def get_concessions(
    request: HttpRequest, slug: FromPath[str], account_id: FromPath[str], server: NamedDependency[RetailerServer]
) -> Response[Any]:
    """The concessions of an account."""

    def find(data: RetailerData) -> JsonObject | None:
        known = account_id in data.account_details
        return {"concessions": data.concessions.get(account_id, [])} if known else None

    return await server.answer(request, slug, "getConcessions", find)


@get("/{slug:str}/v1/accounts/{account_id:str}/balance")
async def get_balance(
    request: HttpRequest, slug: FromPath[str], account_id: FromPath[str], server: NamedDependency[RetailerServer]
) -> Response[Any]:
    """The balance of an account. It is unknown if the retailer knows no balance."""

    def find(data: RetailerData) -> JsonObject | None:
        return {"balance": data.balances[account_id]} if account_id in data.balances else None

    return await server.answer(request, slug, "getBalance", find)


@post("/{slug:str}/v1/balances", status_code=200)
async def list_balances(
    request: HttpRequest, slug: FromPath[str], server: NamedDependency[RetailerServer]
) -> Response[Any]:
    """The balances of several accounts."""
    asked = await _posted(request, "accountIds", list[str])
    if not 1 <= len(asked) <= MAXIMUM_IDS:
        raise BadRequest(f"accountIds must have 1 to {MAXIMUM_IDS} ids")

    refused = server.faults.refused(slug, asked)

    def find(data: RetailerData) -> JsonObject:
        known = (account_id for account_id in asked if account_id in data.balances and account_id not in refused)
        return {
            "balances": [{"accountId": each, "balance": data.balances[each]} for each in known],
            "refused": [{"accountId": each, "reason": reason} for each, reason in refused.items()],
        }

    return await server.answer(request, slug, "listBalances", find)


@get("/{slug:str}/v1/accounts/{account_id:str}/invoices")
async def list_invoices(
    request: HttpRequest, slug: FromPath[str], account_id: FromPath[str], server: NamedDependency[RetailerServer]
) -> Response[Any]:
    """The invoices of an account in a period of days."""
    window = Window.of(request, "date", date.fromisoformat)

    def find(data: RetailerData) -> JsonObject | None:
        known = account_id in data.account_details
        return window.part("invoices", data.invoices.get(account_id, []), "issueDate") if known else None

    return await server.answer(request, slug, "listInvoices", find)


@get("/{slug:str}/v1/accounts/{account_id:str}/billing")
async def list_transactions(
    request: HttpRequest, slug: FromPath[str], account_id: FromPath[str], server: NamedDependency[RetailerServer]
) -> Response[Any]:
    """The billing transactions of an account in a period of time."""
    window = Window.of(request, "time", datetime.fromisoformat)

    def find(data: RetailerData) -> JsonObject | None:
        known = account_id in data.account_details
        listed = data.transactions.get(account_id, [])
        return window.part("transactions", listed, "executionDateTime") if known else None

    return await server.answer(request, slug, "listTransactions", find)


@get("/{slug:str}/v1/ended-customers")
async def list_ended_customers(
    request: HttpRequest, slug: FromPath[str], server: NamedDependency[RetailerServer]
) -> Response[Any]:
    """The feed of ended customers and of periods without eligibility. A cursor is the number of entries before it."""
    cursor, limit = request.query_params.get("cursor", "0"), request.query_params.get("limit", str(DEFAULT_LIMIT))
    if not (cursor.isdecimal() and limit.isdecimal() and 1 <= int(limit) <= MAXIMUM_LIMIT):
        raise BadRequest("cursor or limit is wrong")
    feed = server.retailers.feed.get(slug, [])
    last = min(int(cursor) + int(limit), len(feed))
    part = feed[int(cursor) : last]
    found = {
        "customers": [each for each in part if "endedOn" in each],
        "ineligible": [each for each in part if "reason" in each],
        "cursor": str(max(last, int(cursor))),
        "more": last < len(feed),
    }
    return await server.answer(request, slug, "listEndedCustomers", lambda _: found)


@post("/{slug:str}/token", status_code=200)
async def token(request: HttpRequest, slug: FromPath[str], server: NamedDependency[RetailerServer]) -> RetailerToken:
    """The retailer's token endpoint."""
    if slug not in server.retailers.slugs():
        raise NotServed("no server of such a brand")
    return server.authorisation.token(
        request.headers.get("authorization"), await form_of(request), certificate_thumbprint(request)
    )


ROUTES: Final = [
    get_health,
    get_capabilities,
    find_user,
    get_user,
    get_customer,
    list_accounts,
    get_account,
    get_payment_schedule,
    get_concessions,
    get_balance,
    list_balances,
    list_invoices,
    list_transactions,
    list_ended_customers,
    token,
]


def not_authenticated(request: HttpRequest, error: NotAuthenticated) -> Response[Any]:
    """Answer a request without valid credentials."""
    del request
    return _problem(401, detail=str(error))


def not_served(request: HttpRequest, error: NotServed) -> Response[Any]:
    """Answer a request for an unknown object."""
    del request
    return _problem(404, detail=str(error))


def wrong_request(request: HttpRequest, error: BadRequest) -> Response[Any]:
    """Answer a request that does not follow the contract."""
    del request
    return _problem(400, detail=str(error))


def _check_headers(request: HttpRequest) -> None:
    """Check the headers of C-X5. Raises BadRequest."""
    try:
        uuid.UUID(request.headers.get("x-fapi-interaction-id", ""))
    except ValueError as error:
        raise BadRequest("x-fapi-interaction-id is not a UUID") from error
    if request.headers.get("x-haas-customer-present") not in {"true", "false"}:
        raise BadRequest("x-haas-customer-present is neither true nor false")


async def _posted(request: HttpRequest, member: str, kind: Any) -> Any:
    """Return a member of the `data` of a body. Raises BadRequest."""
    try:
        return msgspec.convert(msgspec.json.decode(await request.body())["data"][member], kind)
    except (msgspec.DecodeError, LookupError, TypeError) as error:
        raise BadRequest(f"the body has no {member} in its data") from error


def _faulty(fault: Fault) -> Response[Any]:
    match fault.kind:
        case "refused":
            return _problem(403, refused=True, **({} if fault.reason is None else {"reason": fault.reason}))
        case "throttled":
            answer = _problem(429)
            answer.headers["Retry-After"] = str(int(fault.seconds))
            return answer
        case "html":
            return Response(_HTML, media_type="text/html")
        case "too-large":
            return Response(b'{"data":"' + b"x" * _TOO_LARGE + b'"}', media_type="application/json")
        case "disconnected":
            return Stream(_cut_off(), media_type="application/json")
    return _problem(_STATUSES[fault.kind])


async def _cut_off() -> AsyncIterator[bytes]:
    yield b'{"data":{'
    raise Disconnected


def _changed(found: Any, fault: Fault) -> Any:
    """Return the data of an answer with an error that the holder must notice."""
    changed = msgspec.json.decode(msgspec.json.encode(found))
    if fault.kind == "wrong-object":
        return {**changed, "accountId": "another-account"}
    for value in changed.values() if isinstance(changed, dict) else ():
        if isinstance(value, list) and value and isinstance(value[0], dict):
            value[0] = {**value[0], "unknownMember": True}
            return changed
    return {**changed, "unknownMember": True}


def _problem(status: int, **members: object) -> Response[Any]:
    return Response(msgspec.json.encode(members), status_code=status, media_type="application/json")
