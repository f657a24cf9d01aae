"""What creating and changing a tenant have in common: the theme from a file, and the certificates of new hosts."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click
import msgspec

from haas.settings import CommandSettings
from ops.plugins import certificate_issuer
from themes.tokens import with_clean_logo


def read_theme(path: Path) -> dict[str, Any]:
    """Return the theme tokens of a JSON file, with a cleaned logo. Raises click.BadParameter or ThemeError."""
    try:
        tokens = msgspec.json.decode(path.read_bytes(), type=dict[str, Any])
    except (msgspec.DecodeError, UnicodeDecodeError, OSError) as error:
        raise click.BadParameter(f"{path} cannot be read as a JSON object: {error}") from error
    return with_clean_logo(tokens)


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
