"""The steps of every call of the data APIs, in the order in which they run (CDS, Standards, HTTP Headers, Error Codes).

All operations for a customer's data have the same steps. The row of the endpoint table says what is different: the
versions, the resource, and where the request names accounts. A caller learns nothing from a later step unless the
earlier steps have passed.
"""

from collections.abc import Awaitable, Mapping
from typing import Final
from uuid import UUID

from apps.http.call import in_transaction
from apps.http.request_headers import bearer_token
from apps.resources import headers
from apps.resources.call import CdsCall, DataCall
from apps.resources.query import page_request, single_value
from apps.resources.request_body import named_ids
from apps.resources.traffic import (
    call_is_within_the_public_threshold,
    call_is_within_the_traffic_thresholds,
    low_velocity_data_is_not_asked_for_again,
    no_outage_covers_the_call,
)
from haas.steps import Step, on_attribute
from tenants.accounts.models import RefusalReason
from tenants.accounts.service import market_day
from tenants.availability import service as availability
from tenants.cds.errors import CdsError
from tenants.cds.pagination import Page
from tenants.cds.version_negotiation import negotiate_version
from tenants.disclosure import service as disclosure
from tenants.disclosure.service import CustomerData
from tenants.grants import access_token_rules, consumer_rules
from tenants.grants.access_token_rules import TokenUse
from tenants.oauth.errors import TokenMissing
from tenants.operations.filters import FilterContext
from tenants.operations.models import NAMED_OWNERS, obligation_day
from tenants.operations.resources import STATUS
from tenants.sources.contract import ResourceQuery, SourceCall
from tenants.sources.errors import ItemsWithheld, OwnersRefused
from tenants.sources.item_stream import ItemStream


def has_an_access_token(call: DataCall) -> None:
    """The Authorization header contains a bearer token (RFC 6750 2.1; FAPI 1.0 Baseline 6.2.1-1)."""
    token = bearer_token(call.headers)
    if token is None:
        raise TokenMissing("no bearer token in the Authorization header")
    call.secret = token


async def receive_the_body(call: DataCall) -> None:
    """The body of a POST request is received, but not parsed. No transaction is open while the body arrives."""
    if call.endpoint.ids_in == "body":
        call.body = await call.request.body()


async def access_token_is_known(call: DataCall) -> None:
    """This server has issued the access token (RFC 6750 3.1).

    One query loads it with its client, arrangement, authorisation and the accounts whose data is disclosed now.
    """
    ctx = call.context
    call.token = await disclosure.load_token(call.tx, call.secret, ctx.now)
    ctx.client_id, ctx.arrangement_id = call.token.client_id, call.token.arrangement_id
    call.use = TokenUse(
        token=call.token,
        certificate_thumbprint=ctx.certificate.thumbprint if ctx.certificate else b"",
        scope=call.endpoint.scope or "",
        now=ctx.now,
    )


async def prepare_the_customer_data(call: DataCall) -> None:
    """The tenant's key for resource ids is loaded, so that the data has ids for this recipient (CDS, ID Permanence)."""
    ctx = call.context
    siv = await ctx.services.keyring.resource_id_cipher(ctx.tenant)
    source = ctx.services.sources.of_resource(
        call.resource,
        SourceCall(
            tenant=ctx.tenant,
            tx=call.tx,
            now=ctx.now,
            interaction_id=ctx.interaction_id,
            arrangement_id=call.token.arrangement_id,
            customer_present=call.customer_present,
            tier=call.endpoint.tier(customer_present=call.customer_present),
            secondary=lambda: ctx.secondary_calls,
            refused=ctx.refused.add,
        ),
    )
    call.customer_data = CustomerData(call.tx, call.token, source, siv, ctx.refused.add)
    call.conceal = call.customer_data.conceal


def negotiate_the_version(call: CdsCall) -> None:
    """The version of the response is the highest served version between x-min-v and x-v (CDS, Versioning)."""
    ctx = call.context
    versions = call.endpoint.versions_on(
        obligation_day(ctx.now), retired_too=ctx.tenant.settings.serves_retired_versions
    )
    call.version = versions[negotiate_version(call.headers.get("x-v"), call.headers.get("x-min-v"), versions)]


def interaction_id_is_a_uuid(call: CdsCall) -> None:
    """x-fapi-interaction-id, if present, is a UUID (CDS, HTTP Headers; FAPI 1.0 Baseline 6.2.1-11)."""
    headers.check_interaction_id(call.headers, call.context.interaction_id)


def json_is_acceptable(call: CdsCall) -> None:
    """Accept, if present, allows application/json in UTF-8 (CDS, Response Codes, 406)."""
    headers.check_accept(call.headers)


def has_an_auth_date(call: DataCall) -> None:
    """x-fapi-auth-date is present and an HTTP date (CDS, HTTP Headers)."""
    headers.check_auth_date(call.headers)


def customer_ip_address_is_valid(call: DataCall) -> None:
    """x-fapi-customer-ip-address, if present, is an IP address (CDS, HTTP Headers)."""
    headers.check_customer_ip_address(call.headers)


def client_headers_are_base64(call: DataCall) -> None:
    """x-cds-client-headers, if present, is Base64 (CDS, HTTP Headers)."""
    headers.check_client_headers(call.headers)


def read_the_page(call: DataCall) -> None:
    """`page` and `page-size` are valid and occur at most once, if the operation is paginated (CDS, Pagination)."""
    if call.endpoint.paginated:
        call.page = page_request(call.request.query_params)


def read_the_filters(call: DataCall) -> None:
    """The filters of the operation have valid values and occur at most once (CDS, Energy APIs)."""
    call.given_filters, call.filters = {}, {}
    if not call.resource.filters:
        return
    now = call.context.now
    context = FilterContext(now.astimezone(call.context.tenant.time_zone), call.filters, market_day(now))
    for by in call.resource.filters:
        given = single_value(call.request.query_params, by.parameter)
        call.filters[by.parameter] = by.value(given, context)
        if given is not None:
            call.given_filters[by.parameter] = by.written(given)


def read_the_ids(call: DataCall) -> None:
    """The ids of accounts or service points are those of the path, or those of a body that is valid JSON.

    A body names at most 1,000 ids (CDS, RequestAccountIdListV1, RequestServicePointIdListV1).
    """
    if call.endpoint.ids_in == "path":
        call.named_ids = tuple(call.request.path_params.values())
    elif call.endpoint.ids_in == "body":
        call.named_ids = named_ids(call.headers, call.body, NAMED_OWNERS[call.resource.belongs_to].ids_member)


async def named_owners_are_shared(call: DataCall) -> None:
    """Every named account or service point belongs to the arrangement, and its data is disclosed now.

    The errors are Authorisation/InvalidEnergyAccount and Authorisation/UnavailableEnergyAccount, one for each id, and
    the same for service points (CDS, Error Codes). The status is 404 for an id of the path and 422 for ids of a body.
    """
    call.owners = await call.customer_data.owners(
        call.resource, call.named_ids, market_day(call.context.now), in_body=call.endpoint.ids_in == "body"
    )


async def find_the_closed_accounts(call: DataCall) -> None:
    """Of closed accounts, only what happened in the last two years is given (CDR Rules, Schedule 4, clause 3.2)."""
    now = call.context.now.astimezone(call.context.tenant.time_zone)
    call.closed = await call.customer_data.closed_accounts(call.resource, call.owners, now)


async def fetch_inside_the_transaction(call: DataCall) -> None:
    """If the source is the tenant's schema, the items are read: one page of them if the operation is paginated.

    The items have the form of the negotiated version. If the operation gives one item and there is none, the error is
    Authorisation/UnavailableEnergyAccount or Authorisation/UnavailableServicePoint.
    """
    call.reading_time = call.customer_data.reads(call.resource)
    if call.reading_time == "inside":
        await _fetch(call)
    else:
        await call.customer_data.prepare_to_read_after(_query(call))


def fetch_after_the_transaction(call: DataCall) -> Awaitable[None] | None:
    """If the source is another server or gives a stream, the items are read now, so no transaction waits for it.

    Before another server is asked, the call leaves its place among the calls that the process works on to others.
    """
    if call.reading_time == "inside":
        return None
    return _fetch_elsewhere(call) if call.reading_time == "elsewhere" else _fetch(call)


async def _fetch_elsewhere(call: DataCall) -> None:
    await call.context.leave_the_slot()
    await _fetch(call)


def _query(call: DataCall) -> ResourceQuery:
    query = call.customer_data.query(call.resource, call.owners, call.filters, call.page, call.closed)
    if call.endpoint.ids_in == "body":
        return query._replace(named_in_body=True)
    return query if call.endpoint.ids_in != "path" else query._replace(named_in_path=(call.named_ids or ("",))[0])


async def _fetch(call: DataCall) -> None:
    query = _query(call)
    try:
        found = await call.customer_data.read(query)
    except OwnersRefused as refused:
        raise _refused(call, refused.refusals) from refused
    except ItemsWithheld as withheld:
        if call.endpoint.ids_in == "path":
            raise _unavailable(call, withheld.refusal) from withheld
        found = Page([], 0)  # in a list of several accounts, one that is withheld is left out
    convert, payload = call.version.convert, call.version.payload
    call.total_records = found.total_records
    call.in_answer = call.customer_data.accounts_in_answer(query)
    if isinstance(found, ItemStream):
        call.stream = found
        return
    for item in found.items:
        call.in_answer.add(item)
    items = found.items if convert is None else [convert(item) for item in found.items]
    if call.endpoint.gives_list and payload is not None:
        call.data = payload(**{call.resource.list_name: items})
    elif items:
        call.data = items[0]
    else:
        raise _unavailable(call)


def _unavailable(call: DataCall, refusal: RefusalReason | None = None) -> CdsError:
    """Return the error for the only account or service point of a call, which has no data now, or is refused."""
    error = disclosure.error_of_withheld(NAMED_OWNERS[call.resource.belongs_to], refusal)
    return CdsError.for_ids(dict.fromkeys(call.named_ids or (), error), in_body=False)


def _refused(call: DataCall, refusals: Mapping[UUID, RefusalReason | None]) -> CdsError:
    """Return one error for each account that the body names and that the retailer refuses to disclose."""
    kind = NAMED_OWNERS[call.resource.belongs_to]
    named = zip(call.owners, call.named_ids or (), strict=True)  # `owners` are in the order of the ids
    errors = {
        identifier: disclosure.error_of_withheld(kind, refusals[owner])
        for owner, identifier in named
        if owner in refusals
    }
    return CdsError.for_ids(errors, in_body=True)


async def fetch_the_availability(call: DataCall) -> None:
    """The status, or the scheduled outages that have not ended, come from memory (CDS, Get Status, Get Outages)."""
    ctx, services = call.context, call.context.services
    if call.resource is STATUS:
        call.data = await availability.status(services.outage_board, ctx.tenant, ctx.now, services.secondary_status)
    else:
        call.data = await availability.outages(services.outage_board, ctx.tenant, ctx.now)


def encode_the_response(call: DataCall) -> Awaitable[None] | None:
    """The response is 200 with data, links and meta, and has the recipient's ids in place of internal ids.

    A page out of range is refused with Field/InvalidPage (CDS, Pagination). If the source gives a stream, the items are
    encoded while the response is sent.
    """
    if call.stream is not None:
        return _encode_the_stream(call, call.stream)
    call.response = call.build_response()
    return None


async def _encode_the_stream(call: DataCall, stream: ItemStream) -> None:
    try:
        call.response = call.build_streamed_response(stream)
    except BaseException:
        await stream.aclose()
        raise


def record_the_disclosure(call: DataCall) -> None:
    """The accounts with data in the response are recorded with the scope and the day (CDR Rules 7.9, 9.3(1)(d)).

    The accounts of a streamed response are known when it has been sent.
    """
    ctx, arrangement_id, scope = call.context, call.token.arrangement_id, call.endpoint.scope
    if call.in_answer is not None and arrangement_id is not None and scope is not None:
        ctx.record_disclosure(arrangement_id, scope, call.in_answer.accounts)


CUSTOMER_DATA_STEPS: Final[tuple[Step[DataCall], ...]] = (
    no_outage_covers_the_call,
    has_an_access_token,
    receive_the_body,
    in_transaction(
        access_token_is_known,
        *on_attribute(
            "use",
            (
                access_token_rules.has_not_expired,
                access_token_rules.is_bound_to_the_certificate,
                access_token_rules.is_not_revoked,
                access_token_rules.has_the_scope,
                access_token_rules.recipient_is_active,
                access_token_rules.was_issued_for_a_consumer,
                access_token_rules.consent_is_in_force,
                access_token_rules.consent_was_not_amended,
            ),
        ),
        *on_attribute("token", (consumer_rules.customer_is_eligible, consumer_rules.data_is_not_refused)),
        call_is_within_the_traffic_thresholds,
        prepare_the_customer_data,
        negotiate_the_version,
        interaction_id_is_a_uuid,
        json_is_acceptable,
        has_an_auth_date,
        customer_ip_address_is_valid,
        client_headers_are_base64,
        read_the_page,
        read_the_filters,
        read_the_ids,
        named_owners_are_shared,
        low_velocity_data_is_not_asked_for_again,
        find_the_closed_accounts,
        fetch_inside_the_transaction,
    ),
    fetch_after_the_transaction,
    encode_the_response,
    record_the_disclosure,
)
"""The steps of every operation that discloses a customer's data."""

PUBLIC_STEPS: Final[tuple[Step[DataCall], ...]] = (
    call_is_within_the_public_threshold,
    negotiate_the_version,
    json_is_acceptable,
    fetch_the_availability,
    encode_the_response,
)
"""The steps of every operation that needs no authentication."""
