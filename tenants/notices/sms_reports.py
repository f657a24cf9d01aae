"""Reports of a brand's own gateway: whether a text message that it had accepted reached its receiver.

The first report of a message counts. So one that is repeated, or sent again by somebody else, changes nothing.
"""

import logging
from datetime import datetime

from haas.database import Transaction
from haas.jose import Sealer
from haas.webhooks import WebhookSignature
from tenants.notices import store
from tenants.notices.errors import UnknownMessage, UnsignedReport
from tenants.notices.models import SmsReport
from tenants.notices.sms_credentials import SMS_CREDENTIALS
from tenants.registry.models import Tenant

logger = logging.getLogger(__name__)


async def require_signature(
    tx: Transaction, tenant: Tenant, sealer: Sealer, signature: WebhookSignature, body: bytes
) -> None:
    """Raise UnsignedReport unless a report is signed with the key that the brand shares with its gateway."""
    key = await SMS_CREDENTIALS.find(tx, tenant.id, sealer, "reports")
    if key is None or not signature.is_of(body, key.secret):
        raise UnsignedReport("the report is not signed with the key of this brand")


async def record_sms_report(tx: Transaction, report: SmsReport, now: datetime) -> None:
    """Record a report. Raise UnknownMessage if there is no text message with its reference.

    A message that was not delivered was given up, and waits for the staff in the list of `haas outbox`. One with a
    one-time password does not: the person has asked for another one.
    """
    if not await store.is_text_message(tx, report.reference):
        raise UnknownMessage(f"there is no text message {report.reference}")
    reason = f"the gateway reports that it was not delivered: {report.reason or 'no reason given'}"
    details = {"notice": str(report.reference), "kind": "sms", "status": report.status}
    if await store.record_report(tx, report, reason, now) is not None:
        logger.critical("notice.given_up", extra={**details, "reason": reason})
    else:
        logger.info("notice.reported", extra=details)
