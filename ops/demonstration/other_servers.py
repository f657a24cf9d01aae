"""Connects a demonstration brand with the servers of the sandbox: its retailer's own server, and the e-Hub of AEMO.

From then on its customers and accounts are read from the one, and its service points, usage and DER from the other.
"""

from typing import Final, Protocol

from ops.deployment import Deployment
from ops.deployment_settings import DeploymentSettings
from tenants.market import service as market
from tenants.market import store as market_store
from tenants.market.models import Participant, ParticipantKey, Secrets
from tenants.provisioning.tenant_changes import TenantChange
from tenants.registry.errors import UnknownTenant
from tenants.registry.models import Tenant
from tenants.registry.names import console_namespace
from tenants.upstream.credentials import UPSTREAM_CREDENTIALS
from tenants.upstream.models import UpstreamCredential
from themes.tokens import check_theme

SANDBOX_DOMAIN: Final = "cdr-sandbox.localhost"
ACTOR: Final = "demonstration"
PARTICIPANT: Final = ParticipantKey("BANKSIA", "pre-production")
"""The participant of the sandbox's e-Hub as which the brand asks. Every NMI of the demonstration is one of its NMIs."""
USERNAME: Final = "BANKSIA_API"
PASSWORD: Final = "Sandbox-Banksia-1"  # noqa: S105 - of the sandbox
"""As the e-Hub has it (`ops/sandbox/ehub/seed.py`). It opens nothing but data that is generated on this machine."""
CALLS_PER_SECOND: Final = 40
"""Less than the 50 that the e-Hub accepts of a participant (docs/sandbox.md)."""


class Certificates(Protocol):
    """Issues the certificates of a stack. A client certificate is its chain and its key, both in PEM."""

    def issue_certificate(self, host: str) -> None:
        """Issue the server certificate of `host`, so that the proxy serves it at once."""
        ...

    def issue_holder(self) -> tuple[str, str]:
        """Return a new client certificate of a data holder."""
        ...

    def issue_participant(self, participant_id: str) -> tuple[str, str]:
        """Return a new client certificate of a participant of the electricity market."""
        ...


async def connect(deployment: Deployment, tenant: Tenant, certificates: Certificates) -> None:
    """Let a tenant read from the servers of the sandbox. It can be repeated after an interruption."""
    settings = deployment.settings
    await _add_participant(deployment, tenant, certificates)
    chain, key = certificates.issue_holder()
    credential = UpstreamCredential(
        kind="client-certificate", presented=chain, secret=key, changed_at=deployment.clock.now()
    )
    async with deployment.database.transaction(tenant.namespace) as tx:
        await UPSTREAM_CREDENTIALS.save(tx, tenant.id, deployment.sealer, credential)
    change = TenantChange(
        customer_source="upstream",
        upstream={"base_uri": retailer_uri(settings, tenant.slug)},
        market={"market_source": "aemo"},
        market_calls_per_second=CALLS_PER_SECOND,
    )
    await deployment.administration.change(tenant.slug, change, actor=ACTOR, check_theme=check_theme)


def retailer_uri(settings: DeploymentSettings, slug: str) -> str:
    """Return the base URI of the own server of a brand's retailer."""
    return f"{settings.origin(f'mtls.retailer.{SANDBOX_DOMAIN}')}/{slug}/v1"


def market_uri(settings: DeploymentSettings) -> str:
    """Return the base URI of the e-Hub's operations for service points, usage and DER."""
    return f"{settings.origin(f'ehub.{SANDBOX_DOMAIN}')}/NEMRetail/cds-au/v1/secondary/energy"


async def _add_participant(deployment: Deployment, tenant: Tenant, certificates: Certificates) -> None:
    """Store the participant with its credentials, and assign it to the tenant, unless that was done."""
    chain, key = certificates.issue_participant(PARTICIPANT.participant_id)
    async with deployment.operator.transaction(console_namespace(deployment.settings)) as tx:
        if PARTICIPANT in await market_store.participants_of_brand(tx, tenant.id):
            return
        retailer_id = await market_store.retailer_id(tx, tenant.retailer)
        if retailer_id is None:
            raise UnknownTenant(f"there is no retailer {tenant.retailer!r}")
        participant = Participant(
            id=PARTICIPANT,
            retailer_id=retailer_id,
            base_uri=market_uri(deployment.settings),
            mode="basic",
            username=USERNAME,
            certificate=chain,
        )
        secrets = Secrets(secret=PASSWORD, key=key)
        await market.put(tx, deployment.sealer, participant, secrets, deployment.clock.now())
        await market_store.assign(tx, tenant.id, PARTICIPANT)
