"""`haas source`: the credentials for a retailer's own server, and the check of such a server (docs/upstream.md).

These commands need what an application process has, the application's login and the master key, and nothing more: run
them with the settings of the application.
"""

import asyncio
import logging
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from typing import BinaryIO, get_args

import click

from haas.errors import HaasError
from haas.settings import ApplicationSettings
from ops.deployment_settings import settings_of
from ops.operator import actor, columns
from tenants.audit.models import AuditedChange
from tenants.audit.service import record
from tenants.registry.models import Tenant
from tenants.services import Services
from tenants.upstream.check import CheckedObjects, ContractCheck, ContractFinding
from tenants.upstream.credentials import UPSTREAM_CREDENTIALS
from tenants.upstream.models import CredentialKind, UpstreamCredential
from tenants.upstream.new_credentials import (
    MAXIMUM_BYTES,
    client_certificate,
    client_secret,
    end_of,
    is_about_to_end,
)


@click.group("source")
def command() -> None:
    """Manage the retailer's own server of a tenant. `haas tenant set` names the server."""


@command.command("credential")
@click.argument("slug")
@click.option("--certificate", type=click.File("rb"), help="The client certificate and its chain, in PEM.")
@click.option("--key", type=click.File("rb"), help="The private key of the certificate, in PEM. `-` is standard input.")
@click.option("--client-id", help="The client id at the retailer's token endpoint.")
@click.option("--secret", type=click.File("rb"), help="A file with the client secret. `-` is standard input.")
@click.option("--remove", type=click.Choice(get_args(CredentialKind)), help="Delete a credential.")
def credential_(
    slug: str,
    *,
    certificate: BinaryIO | None,
    key: BinaryIO | None,
    client_id: str | None,
    secret: BinaryIO | None,
    remove: CredentialKind | None,
) -> None:
    """Store the credentials of the tenant SLUG for the retailer's server, or list them if no option is given.

    They are encrypted with the data key of the tenant. Every process uses a new one within a minute.
    """
    if (certificate is None) != (key is None) or (client_id is None) != (secret is None):
        raise click.UsageError("give --certificate together with --key, and --client-id together with --secret")
    settings = settings_of(ApplicationSettings)
    now = datetime.now().astimezone()  # the validity of certificates follows the machine's clock
    new: list[UpstreamCredential] = []
    if certificate is not None and key is not None:
        new.append(client_certificate(_read(certificate), _read(key), now))
    if client_id is not None and secret is not None:
        new.append(client_secret(client_id, _read(secret), now))
    stored = asyncio.run(_change(settings, slug, new, remove))
    if not stored:
        click.echo("No credentials are stored.")
        return
    rows = [
        (
            each.kind,
            f"{each.changed_at:%Y-%m-%d %H:%M} UTC",
            "" if (end := end_of(each)) is None else f"{end:%Y-%m-%d}",
            each.presented if each.kind == "client-secret" else "",
        )
        for each in stored
    ]
    for line in columns(("KIND", "CHANGED", "ENDS", "CLIENT ID"), rows):
        click.echo(line)
    if any(is_about_to_end(each, now) for each in stored):
        click.echo("The client certificate ends within a month.", err=True)


@command.command("check")
@click.argument("slug")
@click.option("--user", "users", multiple=True, help="The id of a person who signs in. Can be repeated.")
@click.option("--customer", "customers", multiple=True, help="The id of a customer. Can be repeated.")
@click.option("--account", "accounts", multiple=True, help="The id of an account. Can be repeated.")
@click.option("--repeat", type=click.IntRange(1, 100), default=5, show_default=True, help="How often to ask for data.")
def check(
    slug: str, *, users: tuple[str, ...], customers: tuple[str, ...], accounts: tuple[str, ...], repeat: int
) -> None:
    """Check the retailer's server of the tenant SLUG against the contract, with the ids of test objects.

    The customers of a person, and the accounts of a customer, are checked too. Each finding names the operation, the
    path, what was found, what is expected, and the clause. The exit status is 1 if there is one. No data is printed.
    """
    if not (users or customers or accounts):
        raise click.UsageError("name at least one --user, --customer or --account")
    logging.getLogger().addHandler(logging.NullHandler())  # the findings say what the log would say
    objects = CheckedObjects(users, customers, accounts)
    findings = asyncio.run(_check(settings_of(ApplicationSettings), slug, objects, repeat))
    for finding in findings:
        click.echo(str(finding))
    if findings:
        click.echo(f"Findings: {len(findings)}", err=True)
        raise SystemExit(1)
    click.echo("The server follows the contract.")


def _read(file: BinaryIO) -> bytes:
    return file.read(MAXIMUM_BYTES + 1)


async def _change(
    settings: ApplicationSettings, slug: str, new: Sequence[UpstreamCredential], remove: CredentialKind | None
) -> list[UpstreamCredential]:
    """Store and remove credentials, each with an entry of the audit trail. Return those that are stored then."""
    async with _opened(settings) as services:
        tenant, now = await _tenant(services, slug), services.clock.now()
        async with services.database.transaction(tenant.namespace) as tx:
            for each in new:
                await UPSTREAM_CREDENTIALS.save(tx, tenant.id, services.sealer, each)
                await record(tx, _audited("upstream-credential.set", each.kind), now=now)
            if remove is not None:
                await UPSTREAM_CREDENTIALS.remove(tx, remove)
                await record(tx, _audited("upstream-credential.remove", remove), now=now)
            found = [
                await UPSTREAM_CREDENTIALS.find(tx, tenant.id, services.sealer, kind)
                for kind in get_args(CredentialKind)
            ]
    return [each for each in found if each is not None]


async def _check(
    settings: ApplicationSettings, slug: str, objects: CheckedObjects, repeat: int
) -> list[ContractFinding]:
    async with _opened(settings) as services:
        tenant = await _tenant(services, slug)
        if tenant.settings.upstream is None:
            raise NoServer(f"{slug} has no server of the retailer: `haas tenant set {slug} --upstream base-uri=…`")
        checking = ContractCheck(
            services.upstream, services.keyring, tenant, services.clock, lambda part: click.echo(f"checked: {part}")
        )
        return await checking.run(objects, repeat)


class NoServer(HaasError):
    """The tenant has no settings for a server of the retailer."""


@asynccontextmanager
async def _opened(settings: ApplicationSettings) -> AsyncIterator[Services]:
    services = Services.open(settings)
    try:
        yield services
    finally:
        await services.close()


async def _tenant(services: Services, slug: str) -> Tenant:
    return await services.registry.by_slug(slug)


def _audited(action: str, kind: CredentialKind) -> AuditedChange:
    return AuditedChange(actor=actor(), role="provider", action=action, subject=kind)
