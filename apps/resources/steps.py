"""The steps of every call of the data APIs, in the order in which they run (CDS, Standards, HTTP Headers, Error Codes).

All operations for a customer's data have the same steps. The row of the endpoint table says what is different: the
versions, the resource, and where the request names accounts. A caller learns nothing from a later step unless the
earlier steps have passed.
"""

from collections.abc import Awaitable
from typing import Final

from apps.http.call import in_transaction
from apps.http.request_headers import bearer_token
from apps.resources import headers
from apps.resources.call import DataCall
from apps.resources.query import page_request, single_value
from apps.resources.request_body import named_ids
from haas.steps import Step, on_attribute
from tenants.accounts.service import market_day
from tenants.availability import service as availability
from tenants.cds.errors import CdsError
from tenants.cds.version_negotiation import negotiate_version
from tenants.disclosure import service as disclosure
from tenants.disclosure.service import CustomerData
from tenants.grants import access_token_rules
from tenants.grants.access_token_rules import TokenUse
from tenants.oauth.errors import TokenMissing
from tenants.operations.filters import FilterContext
from tenants.operations.models import NAMED_OWNERS, obligation_day
from tenants.operations.resources import OUTAGES, STATUS
from tenants.sources.contract import ResourceQuery
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
    source = ctx.services.sources.of_customers(ctx.tenant, call.tx)
    call.customer_data = CustomerData(call.tx, call.token, source, siv)
    call.conceal = call.customer_data.conceal


def negotiate_the_version(call: DataCall) -> None:
    """The version of the response is the highest served version between x-min-v and x-v (CDS, Versioning)."""
    ctx = call.context
    versions = call.endpoint.versions_on(
        obligation_day(ctx.now), retired_too=ctx.tenant.settings.serves_retired_versions
    )
    call.version = versions[negotiate_version(call.headers.get("x-v"), call.headers.get("x-min-v"), versions)]


def interaction_id_is_a_uuid(call: DataCall) -> None:
    """x-fapi-interaction-id, if present, is a UUID (CDS, HTTP Headers; FAPI 1.0 Baseline 6.2.1-11)."""
    headers.check_interaction_id(call.headers, call.context.interaction_id)


def json_is_acceptable(call: DataCall) -> None:
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
    context = FilterContext(call.context.now.astimezone(call.context.tenant.time_zone), call.filters)
    for by in call.resource.filters:
        given = single_value(call.request.query_params, by.parameter)
        call.filters[by.parameter] = by.value(given, context)
        if given is not None:
            call.given_filters[by.parameter] = given


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
        call.resource.belongs_to, call.named_ids, market_day(call.context.now), in_body=call.endpoint.ids_in == "body"
    )


async def fetch_inside_the_transaction(call: DataCall) -> None:
    """If the source is the tenant's schema, the items are read: one page of them if the operation is paginated.

    The items have the form of the negotiated version. If the operation gives one item and there is none, the error is
    Authorisation/UnavailableEnergyAccount or Authorisation/UnavailableServicePoint.
    """
    if call.customer_data.is_read_inside(call.resource):
        await _fetch(call)
    else:
        call.is_read_after = True
        await call.customer_data.prepare_to_read_after(call.resource)


def fetch_after_the_transaction(call: DataCall) -> Awaitable[None] | None:
    """If the source is another server or gives a stream, the items are read now, so no transaction waits for it."""
    return _fetch(call) if call.is_read_after else None


async def _fetch(call: DataCall) -> None:
    found = await call.customer_data.read(ResourceQuery(call.resource, call.owners, call.filters, call.page))
    convert, payload = call.version.convert, call.version.payload
    call.total_records = found.total_records
    if isinstance(found, ItemStream):
        call.stream = found
        return
    items = found.items if convert is None else [convert(item) for item in found.items]
    if call.endpoint.gives_list and payload is not None:
        call.data = payload(**{call.resource.list_name: items})
    elif items:
        call.data = items[0]
    else:
        unavailable = NAMED_OWNERS[call.resource.belongs_to].unavailable
        raise CdsError.for_ids(dict.fromkeys(call.named_ids or (), unavailable), in_body=False)


async def fetch_the_availability(call: DataCall) -> None:
    """The tenant's status, or the scheduled outages that have not ended, are read (CDS, Get Status, Get Outages)."""
    ctx, services = call.context, call.context.services
    call.data = await _AVAILABILITY[call.resource](services.database, ctx.tenant, ctx.now)


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


_AVAILABILITY: Final = {STATUS: availability.status, OUTAGES: availability.outages}

CUSTOMER_DATA_STEPS: Final[tuple[Step[DataCall], ...]] = (
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
        fetch_inside_the_transaction,
    ),
    fetch_after_the_transaction,
    encode_the_response,
)
"""The steps of every operation that discloses a customer's data."""

PUBLIC_STEPS: Final[tuple[Step[DataCall], ...]] = (
    negotiate_the_version,
    json_is_acceptable,
    fetch_the_availability,
    encode_the_response,
)
"""The steps of every operation that needs no authentication."""
