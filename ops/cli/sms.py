"""`haas sms`: the secrets that a brand shares with its own gateway for text messages.

These commands need what an application process has, the application's login and the master key, and nothing more: run
them with the settings of the application.
"""

import asyncio
from datetime import datetime
from typing import BinaryIO, get_args

import click

from haas.settings import ApplicationSettings
from haas.webhooks import new_webhook_secret
from ops.deployment_settings import settings_of
from ops.operator import actor, columns
from tenants.audit.models import AuditedChange
from tenants.audit.service import record
from tenants.notices.models import SmsCredential, SmsCredentialKind
from tenants.notices.sms_credentials import (
    MAXIMUM_BYTES,
    SMS_CREDENTIALS,
    gateway_credential,
)
from tenants.services import Services


@click.group("sms")
def command() -> None:
    """Manage a brand's own gateway for text messages. `haas tenant set --text-messages` names the gateway."""


@command.command("credential")
@click.argument("slug")
@click.option("--secret", type=click.File("rb"), help="A file with the token or password. `-` is standard input.")
@click.option("--user", help="The user name for HTTP Basic. Without it, the secret is a bearer token.")
@click.option("--remove", type=click.Choice(get_args(SmsCredentialKind)), help="Delete a secret.")
def credential(slug: str, *, secret: BinaryIO | None, user: str | None, remove: SmsCredentialKind | None) -> None:
    """Store the credential of the tenant SLUG for its gateway, or list the secrets if no option is given.

    It is encrypted with the data key of the tenant.
    """
    if user is not None and secret is None:
        raise click.UsageError("give --user together with --secret")
    now = datetime.now().astimezone()
    new = None if secret is None else gateway_credential(secret.read(MAXIMUM_BYTES + 1), user, now)
    stored = asyncio.run(_change(settings_of(ApplicationSettings), slug, new, remove))
    if not stored:
        click.echo("No secrets are stored.")
        return
    rows = [(each.kind, f"{each.changed_at:%Y-%m-%d %H:%M} UTC", each.presented or "-") for each in stored]
    for line in columns(("KIND", "CHANGED", "USER"), rows):
        click.echo(line)


@command.command("report-key")
@click.argument("slug")
def report_key(slug: str) -> None:
    """Make a new key with which the gateway of the tenant SLUG signs its reports, and print it.

    It is shown only now. The key before does not work any more.
    """
    key = new_webhook_secret()
    new = SmsCredential(kind="reports", secret=key, changed_at=datetime.now().astimezone())
    asyncio.run(_change(settings_of(ApplicationSettings), slug, new, None))
    click.echo(key)


async def _change(
    settings: ApplicationSettings, slug: str, new: SmsCredential | None, remove: SmsCredentialKind | None
) -> list[SmsCredential]:
    """Store and remove secrets, each with an entry of the audit trail. Return those that are stored then."""
    services = Services.open(settings)
    try:
        tenant, now = await services.registry.by_slug(slug), services.clock.now()
        async with services.database.transaction(tenant.namespace) as tx:
            if new is not None:
                await SMS_CREDENTIALS.save(tx, tenant.id, services.sealer, new)
                await record(tx, _audited("sms-credential.set", new.kind), now=now)
            if remove is not None:
                await SMS_CREDENTIALS.remove(tx, remove)
                await record(tx, _audited("sms-credential.remove", remove), now=now)
            kinds = get_args(SmsCredentialKind)
            found = [await SMS_CREDENTIALS.find(tx, tenant.id, services.sealer, kind) for kind in kinds]
    finally:
        await services.close()
    return [each for each in found if each is not None]


def _audited(action: str, kind: SmsCredentialKind) -> AuditedChange:
    return AuditedChange(actor=actor(), role="provider", action=action, subject=kind)
