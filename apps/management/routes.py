"""The routes of the management host: reports of the brand's own gateway for text messages."""

from typing import Any, Final

import msgspec
from litestar import Request, Response, post
from litestar.exceptions import ClientException, NotFoundException, PermissionDeniedException
from litestar.types import ControllerRouterHandler

from apps.http.context import context
from apps.http.json_responses import NO_STORE
from haas.webhooks import read_webhook_signature
from tenants.notices.errors import UnknownMessage, UnsignedReport
from tenants.notices.models import SmsReport
from tenants.notices.sms_reports import record_sms_report, require_signature

MAXIMUM_REPORT_BYTES: Final = 4 * 1024
REPORTS_PATH: Final = "/text-messages/reports"
_REPORT: Final = msgspec.json.Decoder(SmsReport)


@post(REPORTS_PATH, status_code=204, request_max_body_size=MAXIMUM_REPORT_BYTES)
async def report_text_message(request: Request[Any, Any, Any]) -> Response[None]:
    """Take a report of the gateway: whether a text message reached its receiver.

    It is signed as Standard Webhooks defines it. A brand without a gateway of its own does not have this address. The
    answer to a repeated report is the same, so that the gateway stops to send it.
    """
    ctx = context(request)
    if ctx.tenant.settings.text_messages is None:
        raise NotFoundException
    body = await request.body()
    signature = read_webhook_signature(request.headers, ctx.now)
    if signature is None:
        raise PermissionDeniedException
    async with ctx.services.database.transaction(ctx.tenant.namespace) as tx:
        try:
            await require_signature(tx, ctx.tenant, ctx.services.sealer, signature, body)
            await record_sms_report(tx, _REPORT.decode(body), ctx.now)
        except UnsignedReport as error:
            raise PermissionDeniedException from error
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise ClientException from error
        except UnknownMessage as error:
            raise NotFoundException from error
    return Response(None, status_code=204, headers=NO_STORE)


routes: Final[list[ControllerRouterHandler]] = [report_text_message]
