"""What commands about tenants have in common: themes, from a file or of a tenant, and the certificates of new hosts."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import click
import msgspec

from haas.settings import CommandSettings
from ops.operator_access import OperatorAccess
from ops.plugins import certificate_issuer
from tenants.provisioning.theme_versions import published
from tenants.registry.errors import UnknownThemeVersion
from tenants.registry.models import THEME_FILES, Tenant, ThemeFile
from themes.errors import ThemeError
from themes.files import with_files
from themes.tokens import LOGOS, check_theme, with_clean_logos


class ThemeInFile(NamedTuple):
    """A theme that was read from a file."""

    tokens: dict[str, Any]
    """The tokens with cleaned logos, without those of `contents`."""
    contents: dict[str, bytes]
    """The contents of the fonts and the icon that the file names, by token."""

    def complete(self) -> tuple[dict[str, Any], list[ThemeFile]]:
        """Return all tokens, and the files that they name by digest. Raise ThemeError."""
        return with_files(self.tokens, self.contents)


def read_theme(path: Path) -> dict[str, Any]:
    """Return the theme tokens of a JSON file that names no fonts and no icon.

    Raises click.BadParameter or ThemeError.
    """
    read = read_theme_with_files(path)
    if read.contents:
        raise click.BadParameter(f"{', '.join(read.contents)}: `haas theme save` saves themes with files")
    return read.tokens


def read_theme_with_files(path: Path) -> ThemeInFile:
    """Return the theme tokens of a JSON file, with cleaned logos, and the files that it names.

    `{"file": "logo.svg"}` as a logo, a font or the icon names a file, relative to the JSON file. Raises
    click.BadParameter or ThemeError.
    """
    try:
        tokens = msgspec.json.decode(path.read_bytes(), type=dict[str, Any])
        contents = {
            token: (path.parent / value["file"]).read_bytes()
            for token, value in tokens.items()
            if token in (*LOGOS, *THEME_FILES) and isinstance(value, dict) and isinstance(value.get("file"), str)
        }
        logos = {token: contents.pop(token).decode() for token in LOGOS if token in contents}
    except (msgspec.DecodeError, UnicodeDecodeError, OSError) as error:
        raise click.BadParameter(f"{path} cannot be read as a JSON object: {error}") from error
    others = {token: value for token, value in tokens.items() if token not in contents}
    return ThemeInFile(with_clean_logos({**others, **logos}), contents)


def check_for_people(name: str, theme: ThemeInFile) -> None:
    """Raise click.ClickException with each problem in a line of its own if the theme cannot be saved."""
    try:
        check_theme(name, theme.complete()[0])
    except ThemeError as error:
        raise click.ClickException(
            "\n".join(["the theme is refused:", *(f"  {each}" for each in error.problems)])
        ) from error


class ThemeOfTenant(NamedTuple):
    """A tenant with a version of its theme."""

    tenant: Tenant
    number: int
    tokens: dict[str, Any]
    files: list[ThemeFile]


async def theme_of(settings: CommandSettings, slug: str, number: int | None) -> ThemeOfTenant:
    """Return a tenant with a version of its theme, or with the published one.

    Raise UnknownTenant, TenantIncomplete, UnknownThemeVersion.
    """
    async with OperatorAccess.open(settings) as access:
        tenant = await access.find(slug)
        if number is None:
            shown = published(await access.theme_versions(tenant)) if tenant.theme else None
            if shown is None:
                raise UnknownThemeVersion(f"{tenant.name} has no theme; `haas theme save {slug} FILE` saves one")
            number = shown.number
        tokens = await access.theme(tenant, number)
        return ThemeOfTenant(tenant, number, tokens, await access.theme_files(tenant, tokens))


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
