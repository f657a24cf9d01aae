"""The steps that refuse a call although it is right: in an outage, or above a traffic threshold.

`apps.resources.steps` lists them among the other steps.
"""

from collections.abc import Awaitable

from apps.resources.call import DataCall
from haas.digest import digest
from haas.errors import Unavailable
from tenants.availability import service as availability
from tenants.tokens.lifetimes import ACCESS_TOKEN_LIFETIME
from tenants.traffic.service import DataTraffic
from tenants.traffic.thresholds import LOW_VELOCITY


def no_outage_covers_the_call(call: DataCall) -> Awaitable[None] | None:
    """The operation is in no outage, planned or not, otherwise the error is Service/Unavailable (CDS, Error Codes).

    The outages are in memory. Get Status and Get Outages, which are public, show the same ones.
    """
    known = call.context.services.outage_board.last_known(call.context.tenant)
    if known is None:
        return _first_read_of_the_outages(call)
    availability.refuse_in_outage(known, "authenticated", call.context.now)
    return None


async def _first_read_of_the_outages(call: DataCall) -> None:
    ctx = call.context
    try:
        known = await ctx.services.outage_board.known(ctx.tenant)
    except Unavailable:
        return  # if the database does not answer, a later step fails with the reason
    availability.refuse_in_outage(known.outages, "authenticated", ctx.now)


def call_is_within_the_traffic_thresholds(call: DataCall) -> Awaitable[None] | None:
    """The calls of the customer, session, product and brand are within the thresholds (CDS, Traffic Thresholds).

    Otherwise the status is 429 with Retry-After. Only calls that the consent permits are counted, so nobody can use up
    the calls of another product or customer.
    """
    ctx, token = call.context, call.token
    if token.customer_id is None or token.arrangement_id is None:
        return None  # the rules for access tokens have refused such a token
    traffic = DataTraffic(
        customer_id=token.customer_id,
        arrangement_id=token.arrangement_id,
        software_id=token.software_id,
        session=digest(call.secret).hex(),
        session_begins_at=token.expires_at - ACCESS_TOKEN_LIFETIME,
        session_ends_at=token.expires_at,
        customer_present=call.customer_present,
    )
    return ctx.services.traffic.data_call(ctx.tenant, traffic)


def low_velocity_data_is_not_asked_for_again(call: DataCall) -> Awaitable[None] | None:
    """Low velocity data was not asked for too often, if the tenant has a limit on that (CDS, Low Velocity Data Sets).

    The limit is for calls under one arrangement within 24 hours. Otherwise the status is 429. The same data means the
    same operation, ids, filters and page.
    """
    ctx = call.context
    if call.endpoint.operation not in LOW_VELOCITY or call.token.arrangement_id is None:
        return None
    page = None if call.page is None else (call.page.number, call.page.size)
    resource = repr((call.endpoint.operation, sorted(call.named_ids or ()), sorted(call.given_filters.items()), page))
    return ctx.services.traffic.low_velocity_call(ctx.tenant, call.token.arrangement_id, resource)


def call_is_within_the_public_threshold(call: DataCall) -> Awaitable[None] | None:
    """The public calls of the brand are within the threshold, otherwise the status is 429 (CDS, Traffic Thresholds)."""
    return call.context.services.traffic.public_call(call.context.tenant)
