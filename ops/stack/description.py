"""`.haas/stack.json`: a description of the running stack for clients outside it."""

from pathlib import Path
from typing import Any, Final

import msgspec

from haas.settings import Settings
from ops.files import PUBLIC, write_atomically
from tenants.registry.models import Tenant

VERSION: Final = 1


class Roots(msgspec.Struct, frozen=True, kw_only=True):
    """Root certificates in PEM, as files. A client of public and secure hosts alike trusts `bundle`."""

    bundle: str
    web: str
    cdr: str


class TenantDescription(msgspec.Struct, frozen=True, kw_only=True):
    """One data holder brand as clients see it."""

    slug: str
    name: str
    issuer: str
    discovery_url: str
    jwks_uri: str
    public_base_uri: str
    """The PublicBaseUri that the Register publishes; endpoints stand at `/cds-au/v1/…` below it."""
    resource_base_uri: str
    """The ResourceBaseUri, on the secure host; likewise."""
    admin_base_uri: str
    """The AdminBaseUri, on the secure host; likewise. The audience of the Register's self-signed JWTs."""
    management_base_uri: str
    dashboard_url: str
    register_brand_id: str
    demonstration_customers: list[Any] = []
    """Who can sign in, as the demonstration data says; empty for other tenants."""
    demonstration_login: str | None = None
    """The identifier to try first: of a person who acts for themselves and holds accounts alone."""


class SandboxDescription(msgspec.Struct, frozen=True, kw_only=True):
    """The ecosystem around the tenants. `control_api` is plain HTTP on loopback and describes itself at its root."""

    control_api: str
    register_url: str
    secure_register_url: str
    recipient_url: str
    mailbox_url: str
    smtp: str


class StackDescription(msgspec.Struct, frozen=True, kw_only=True):
    """What `.haas/stack.json` holds. Present only while the stack runs; written whole or not at all."""

    version: int = VERSION
    domain: str
    port: int
    roots: Roots
    addresses: dict[str, str]
    """Host name pattern → the address that such hosts resolve to."""
    console_url: str
    sandbox: SandboxDescription
    tenants: list[TenantDescription]
    settings_file: str
    """Variables for `haas` commands against this stack; 0600."""
    worker_settings_file: str
    """Variables for jobs of the workers that are run by hand; 0600."""
    logs: str
    processes_file: str
    """Process name → {pid, started, boot} of the processes as they run now."""


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


def describe_sandbox(settings: Settings, domain: str, control: str, smtp: str) -> SandboxDescription:
    return SandboxDescription(
        control_api=control,
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
