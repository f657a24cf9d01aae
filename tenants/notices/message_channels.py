"""Mail, text messages and letters to the retailer's customers, with the brand as the sender."""

from collections.abc import Callable

import msgspec

from haas.mail import Mail, Mailer, MailNotSent, MailRefused
from haas.sms import Sms, SmsNotSent, SmsRefused
from tenants.notices.errors import LeftToStaff, NotDelivered
from tenants.notices.models import TO_BE_POSTED, EmailPayload, Notice, SmsPayload
from tenants.notices.sms_gateways import SmsGateways
from tenants.registry.models import Tenant


class BrandedEmail(msgspec.Struct, frozen=True, kw_only=True):
    """The name of the sender and both parts of an email, as the tenant's brand sends it."""

    sender_name: str
    text: str
    html: str | None


BrandEmail = Callable[[Tenant, EmailPayload], BrandedEmail]
"""Returns an email as the brand sends it."""


class EmailChannel:
    """Delivers `email` notices. The sender's address is `no-reply@` and the brand's public host."""

    def __init__(self, mailer: Mailer, branded: BrandEmail | None = None) -> None:
        """Send through `mailer`. Without `branded`, emails are plain text in the name of the tenant."""
        self._mailer, self._branded = mailer, branded or _plain

    async def deliver(self, tenant: Tenant, notice: Notice) -> None:
        """Send the message to the mail server. Raise NotDelivered if it fails."""
        payload = msgspec.convert(notice.payload, EmailPayload)
        branded = self._branded(tenant, payload)
        mail = Mail(
            sender_name=branded.sender_name,
            sender_address=f"no-reply@{tenant.hosts.public}",
            to=payload.to,
            subject=payload.subject,
            text=branded.text,
            html=branded.html,
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
        reference = str(notice.id)
        # Under the same key, a gateway would not send again what it could not deliver.
        again = "" if notice.replayed_at is None else f"-{notice.replayed_at:%Y%m%dT%H%M%S}"
        try:
            await gateway.send(
                Sms(sender_name=sender, to=payload.to, text=payload.text, key=reference + again, reference=reference)
            )
        except SmsRefused as error:
            raise NotDelivered(str(error), permanent=True) from error
        except SmsNotSent as error:
            raise NotDelivered(str(error)) from error


class LetterChannel:
    """Leaves letters to the staff: a letter is given up at its first try, and waits in the list of `haas outbox`."""

    async def deliver(self, _tenant: Tenant, _notice: Notice) -> None:
        """Raise LeftToStaff."""
        raise LeftToStaff(TO_BE_POSTED)


def _plain(tenant: Tenant, email: EmailPayload) -> BrandedEmail:
    return BrandedEmail(sender_name=tenant.name, text=email.text, html=None)
