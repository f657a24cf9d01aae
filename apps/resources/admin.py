"""The operations that only the CDR Register calls: Get Metrics and Metadata Update (CDS, Admin APIs)."""

from typing import Final

import msgspec
from litestar import HttpMethod, Response, Router, route
from litestar.types import ControllerRouterHandler

from apps.http.call import HttpRequest, in_transaction, respond
from apps.http.errors import ENDPOINT
from apps.http.json_responses import payload_response
from apps.resources.query import single_value
from apps.resources.register_access import BEFORE_THE_TRANSACTION, IN_THE_TRANSACTION, RegisterCall
from apps.resources.request_body import decoded_body
from apps.resources.steps import interaction_id_is_a_uuid, json_is_acceptable, negotiate_the_version
from haas.steps import Step
from tenants.cds.envelope import Envelope, Links
from tenants.cds.errors import FIELD_INVALID, CdsError
from tenants.metrics import service as metrics
from tenants.metrics import version_5
from tenants.metrics.models import Figures
from tenants.metrics.service import PERIODS, PeriodAsked
from tenants.notices import outbox
from tenants.operations.endpoints import GET_METRICS, METADATA_UPDATE
from tenants.operations.models import BASE_PATH
from tenants.payloads.metadata_update_v1 import MetadataUpdateRequest, MetadataUpdateV1

_BODY: Final = msgspec.json.Decoder(MetadataUpdateRequest)
_VERSIONS: Final = {5: version_5.payload}
"""How the figures are written in each version of Get Metrics that is served."""


class MetricsCall(RegisterCall):
    """The state of a call of Get Metrics."""

    period: PeriodAsked
    figures: Figures


def read_the_period(call: MetricsCall) -> None:
    """`period` is CURRENT, HISTORIC, ALL or absent, otherwise the error is Field/Invalid (CDS, Get Metrics)."""
    asked = single_value(call.request.query_params, "period")
    if asked is not None and asked not in PERIODS:
        raise CdsError(FIELD_INVALID, "period is not CURRENT, HISTORIC or ALL")
    call.period = PERIODS[asked or "ALL"]


async def compute_the_figures(call: MetricsCall) -> None:
    """The figures of the brand are computed from what is stored, in its time zone (CDS, Get Metrics)."""
    ctx = call.context
    call.figures = await metrics.figures(call.tx, ctx.tenant, call.period, ctx.now)


def respond_with_the_metrics(call: MetricsCall) -> None:
    """The response is 200 with data in the negotiated version, and links (CDS, Get Metrics)."""
    uri = call.context.tenant.secure_base + call.endpoint.uri_path
    if "period" in call.request.query_params:
        uri = f"{uri}?period={call.period}"
    body = Envelope(data=_VERSIONS[call.version.number](call.figures), links=Links(self=uri))
    call.response = payload_response(call.context, msgspec.json.encode(body), call.version.number)


def read_the_action(call: RegisterCall) -> None:
    """The body is JSON and its action is REFRESH, otherwise the error is Field/Missing or Field/Invalid (CDS).

    Nothing else is read from the body.
    """
    decoded_body(call.headers, call.body, _BODY)


async def ask_for_a_refresh(call: RegisterCall) -> None:
    """A worker reads the Register "as soon as practicable" (CDS, Metadata Update). The request for it is stored.

    The Register has the same data for all brands, so that one reading answers all requests that were made before.
    """
    payload = {"interaction_id": call.context.interaction_id}
    await outbox.put(call.tx, "register-refresh", payload, now=call.context.now)


def respond_with_an_empty_object(call: RegisterCall) -> None:
    """The response is 200 with an empty object (CDS, Metadata Update)."""
    call.response = payload_response(call.context, msgspec.json.encode(MetadataUpdateV1()), call.version.number)


GET_METRICS_STEPS: Final[tuple[Step[MetricsCall], ...]] = (
    *BEFORE_THE_TRANSACTION,
    in_transaction(
        *IN_THE_TRANSACTION,
        negotiate_the_version,
        interaction_id_is_a_uuid,
        json_is_acceptable,
        read_the_period,
        compute_the_figures,
    ),
    respond_with_the_metrics,
)
METADATA_UPDATE_STEPS: Final[tuple[Step[RegisterCall], ...]] = (
    *BEFORE_THE_TRANSACTION,
    in_transaction(
        *IN_THE_TRANSACTION,
        negotiate_the_version,
        interaction_id_is_a_uuid,
        json_is_acceptable,
        read_the_action,
        ask_for_a_refresh,
    ),
    respond_with_an_empty_object,
)


@route(GET_METRICS.path, http_method=[HttpMethod.GET], status_code=200, opt={ENDPOINT: GET_METRICS})
async def get_metrics(request: HttpRequest) -> Response[bytes]:
    """Give the Register the operational statistics of the brand."""
    return await respond(GET_METRICS_STEPS, MetricsCall(request, GET_METRICS))


@route(METADATA_UPDATE.path, http_method=[HttpMethod.POST], status_code=200, opt={ENDPOINT: METADATA_UPDATE})
async def metadata_update(request: HttpRequest) -> Response[bytes]:
    """Take the Register's request to read its data again."""
    return await respond(METADATA_UPDATE_STEPS, RegisterCall(request, METADATA_UPDATE))


routes: Final[list[ControllerRouterHandler]] = [Router(BASE_PATH, route_handlers=[get_metrics, metadata_update])]
