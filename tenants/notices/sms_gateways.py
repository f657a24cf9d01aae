"""The gateways through which the text messages of the brands are sent: that of the deployment, or one of the brand."""

from base64 import b64encode
from typing import Final

from haas.database import Database
from haas.jose import Sealer
from haas.outbound import CallOptions, Outbound
from haas.sms import SmsGateway
from tenants.notices.errors import NotDelivered
from tenants.notices.sms_credentials import SMS_CREDENTIALS
from tenants.registry.models import Tenant

_MAXIMUM_ANSWER: Final = 64 * 1024
_TITLE: Final = "the gateway for text messages"


class SmsGateways:
    """Finds the gateway of a tenant."""

    def __init__(self, of_deployment: SmsGateway, database: Database, sealer: Sealer, outbound: Outbound) -> None:
        """`sealer` uses the master key."""
        self._of_deployment, self._database, self._sealer, self._outbound = of_deployment, database, sealer, outbound

    async def of(self, tenant: Tenant) -> SmsGateway:
        """Return the gateway of a tenant, with its credential. Raises NotDelivered if the credential is missing.

        As every other server that a brand names, a gateway of a brand has a public address, unless the provider's staff
        has permitted another one for its host.
        """
        own = tenant.settings.text_messages
        if own is None:
            return self._of_deployment
        async with self._database.transaction(tenant.namespace) as tx:
            credential = await SMS_CREDENTIALS.find(tx, tenant.id, self._sealer, "gateway")
        if credential is None:
            raise NotDelivered("no credential for the gateway of the brand is stored: `haas sms credential`")
        authorization = f"Bearer {credential.secret}"
        if credential.presented:
            basic = b64encode(f"{credential.presented}:{credential.secret}".encode()).decode()
            authorization = f"Basic {basic}"
        options = CallOptions(maximum_bytes=_MAXIMUM_ANSWER, private_hosts=tenant.settings.private_hosts, title=_TITLE)
        return SmsGateway(own.uri, self._outbound, authorization=authorization, options=options)
