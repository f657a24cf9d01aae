"""What commands about tenants have in common: themes, from a file or of a tenant, and the certificates of new hosts."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import click
import msgspec

from haas.settings import CommandSettings
from ops.operator_access import OperatorAccess
from ops.plugins import certificate_issuer
from tenants.registry.errors import UnknownThemeVersion
from tenants.registry.models import Tenant
from themes.tokens import ThemeError, check_theme, with_clean_logo


def read_theme(path: Path) -> dict[str, Any]:
    """Return the theme tokens of a JSON file, with a cleaned logo. Raises click.BadParameter or ThemeError."""
    try:
        tokens = msgspec.json.decode(path.read_bytes(), type=dict[str, Any])
    except (msgspec.DecodeError, UnicodeDecodeError, OSError) as error:
        raise click.BadParameter(f"{path} cannot be read as a JSON object: {error}") from error
    return with_clean_logo(tokens)


def check_for_people(name: str, tokens: Mapping[str, Any]) -> None:
    """Raise click.ClickException with each problem in a line of its own if the theme cannot be saved."""
    try:
        check_theme(name, tokens)
    except ThemeError as error:
        raise click.ClickException(
            "\n".join(["the theme is refused:", *(f"  {each}" for each in error.problems)])
        ) from error


async def theme_of(settings: CommandSettings, slug: str, number: int | None) -> tuple[Tenant, dict[str, Any]]:
    """Return a tenant with the tokens of a version of its theme, or of the published one.

    Raise UnknownTenant, TenantIncomplete, UnknownThemeVersion.
    """
    async with OperatorAccess.open(settings) as access:
        tenant = await access.find(slug)
        if number is not None:
            return tenant, await access.theme(tenant, number)
        if not tenant.theme:
            raise UnknownThemeVersion(f"{tenant.name} has no theme; `haas theme save {slug} FILE` saves one")
        return tenant, tenant.theme


def provide_certificates(settings: CommandSettings, hosts: Sequence[str]) -> None:
    """Issue the certificates of hosts in a sandbox. Otherwise say which certificates the operator must provide."""
    issue = certificate_issuer(settings)
    if issue is not None:
        for host in hosts:
            issue(host)
    elif hosts:
        click.echo(f"It is served as soon as {settings.certificates} contains a certificate for each of these hosts:")
        for host in hosts:
            click.echo(f"  {host}")
