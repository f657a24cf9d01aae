"""`.haas/stack.json`: a description of the running stack for clients outside it."""

from pathlib import Path
from typing import Any, Final

import msgspec

from haas.settings import Settings
from ops.files import PUBLIC, write_atomically
from tenants.registry.models import Tenant

VERSION: Final = 1


class Roots(msgspec.Struct, frozen=True, kw_only=True):
    """The paths of root certificates in PEM. `bundle` contains the roots for public and for secure hosts."""

    bundle: str
    web: str
    cdr: str


class TenantDescription(msgspec.Struct, frozen=True, kw_only=True):
    """One data holder brand, with its addresses for clients."""

    slug: str
    name: str
    issuer: str
    discovery_url: str
    jwks_uri: str
    public_base_uri: str
    """The PublicBaseUri that the Register publishes; endpoints are below its path `/cds-au/v1`."""
    resource_base_uri: str
    """The ResourceBaseUri that the Register publishes, on the secure host."""
    admin_base_uri: str
    """The AdminBaseUri, on the secure host, which is also the audience of the Register's self-signed JWTs."""
    management_base_uri: str
    dashboard_url: str
    register_brand_id: str
    demonstration_customers: list[Any] = []
    """The customers in the demonstration data who can sign in; empty for other tenants."""
    demonstration_login: str | None = None
    """The identifier of the login to try first: a person who acts only for themselves, if there is one."""


class SandboxDescription(msgspec.Struct, frozen=True, kw_only=True):
    """The services of the sandbox. The control APIs use plain HTTP on loopback. Their roots list operations."""

    control_api: str
    ehub_control_api: str
    """The control API of the e-Hub, which is a process of its own."""
    ehub_url: str
    """The origin of the e-Hub. Its clients are market participants, with certificates of the market's authority."""
    market_url: str
    """The origin of the e-Hub's page, on which a person sees its calls and lets it fail."""
    register_url: str
    secure_register_url: str
    recipient_url: str
    mailbox_url: str
    smtp: str


class StackDescription(msgspec.Struct, frozen=True, kw_only=True):
    """The content of `.haas/stack.json`. The file exists only while the stack runs, and is written atomically."""

    version: int = VERSION
    domain: str
    port: int
    roots: Roots
    addresses: dict[str, str]
    """IP addresses by host name pattern."""
    console_url: str
    sandbox: SandboxDescription
    tenants: list[TenantDescription]
    settings_file: str
    """The file with the variables for `haas` commands that use this stack; mode 0600."""
    worker_settings_file: str
    """The file with the variables for worker jobs that somebody runs by hand; mode 0600."""
    logs: str
    processes_file: str
    """The file with {pid, started, boot} of each running process, by name."""


def describe_tenant(tenant: Tenant, customers: list[Any]) -> TenantDescription:
    return TenantDescription(
        slug=tenant.slug,
        name=tenant.name,
        issuer=tenant.issuer,
        discovery_url=f"{tenant.issuer}/.well-known/openid-configuration",
        jwks_uri=f"{tenant.issuer}/jwks",
        public_base_uri=tenant.issuer,
        resource_base_uri=tenant.secure_base,
        admin_base_uri=tenant.secure_base,
        management_base_uri=f"{tenant.management_base}/management/v1",
        dashboard_url=f"{tenant.issuer}/dashboard",
        register_brand_id=tenant.register_brand_id,
        demonstration_customers=customers,
        demonstration_login=_first_login(customers),
    )


def _first_login(customers: list[Any]) -> str | None:
    alone = [customer for customer in customers if customer["kind"] == "person"]
    return next((str(customer["identifier"]) for customer in (*alone, *customers)), None)


def describe_sandbox(
    settings: Settings, domain: str, *, control: str, ehub_control: str, smtp: str
) -> SandboxDescription:
    return SandboxDescription(
        control_api=control,
        ehub_control_api=ehub_control,
        ehub_url=settings.origin(f"ehub.{domain}"),
        market_url=settings.origin(f"market.{domain}"),
        register_url=settings.origin(f"register.{domain}"),
        secure_register_url=settings.origin(f"mtls.register.{domain}"),
        recipient_url=settings.origin(f"recipient.{domain}"),
        mailbox_url=settings.origin(f"mailbox.{domain}"),
        smtp=smtp,
    )


def write_description(file: Path, description: StackDescription) -> None:
    write_atomically(file, msgspec.json.format(msgspec.json.encode(description)) + b"\n", PUBLIC)


def read_description(file: Path) -> StackDescription:
    return msgspec.json.decode(file.read_bytes(), type=StackDescription)
