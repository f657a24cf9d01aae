"""Mail, text messages and letters to the retailer's customers, with the brand as the sender."""

from collections.abc import Callable

import msgspec

from haas.mail import Mail, Mailer, MailNotSent, MailRefused
from haas.sms import Sms, SmsNotSent, SmsRefused
from tenants.notices.errors import LeftToStaff, NotDelivered
from tenants.notices.models import TO_BE_POSTED, EmailPayload, Notice, SmsPayload
from tenants.notices.sms_gateways import SmsGateways
from tenants.registry.models import Tenant

HtmlOfEmail = Callable[[Tenant, EmailPayload], str]
"""Returns the HTML part of an email, in the look of the tenant's brand."""


class EmailChannel:
    """Delivers `email` notices. The sender's address is `no-reply@` and the brand's public host."""

    def __init__(self, mailer: Mailer, html: HtmlOfEmail | None = None) -> None:
        """Send through `mailer`. Without `html`, emails are plain text."""
        self._mailer, self._html = mailer, html

    async def deliver(self, tenant: Tenant, notice: Notice) -> None:
        """Send the message to the mail server. Raise NotDelivered if it fails."""
        payload = msgspec.convert(notice.payload, EmailPayload)
        mail = Mail(
            sender_name=tenant.name,
            sender_address=f"no-reply@{tenant.hosts.public}",
            to=payload.to,
            subject=payload.subject,
            text=payload.text,
            html=None if self._html is None else self._html(tenant, payload),
            key=str(notice.id),
        )
        try:
            await self._mailer.send(mail)
        except MailRefused as error:
            raise NotDelivered(str(error), permanent=True) from error
        except MailNotSent as error:
            raise NotDelivered(str(error)) from error


class SmsChannel:
    """Delivers `sms` notices. The sender is the one that the brand has set, else the brand's name."""

    def __init__(self, gateways: SmsGateways) -> None:
        """Send through the gateway of each brand."""
        self._gateways = gateways

    async def deliver(self, tenant: Tenant, notice: Notice) -> None:
        """Send the message to the gateway. Raise NotDelivered if it fails."""
        payload = msgspec.convert(notice.payload, SmsPayload)
        own = tenant.settings.text_messages
        sender = tenant.name if own is None or own.sender is None else own.sender
        gateway = await self._gateways.of(tenant)
        try:
            await gateway.send(Sms(sender_name=sender, to=payload.to, text=payload.text, key=str(notice.id)))
        except SmsRefused as error:
            raise NotDelivered(str(error), permanent=True) from error
        except SmsNotSent as error:
            raise NotDelivered(str(error)) from error


class LetterChannel:
    """Leaves letters to the staff: a letter is given up at its first try, and waits in the list of `haas outbox`."""

    async def deliver(self, _tenant: Tenant, _notice: Notice) -> None:
        """Raise LeftToStaff."""
        raise LeftToStaff(TO_BE_POSTED)
