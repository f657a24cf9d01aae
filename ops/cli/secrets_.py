"""`haas secrets`: the secrets of a new deployment, each in a file of its own."""

from pathlib import Path

import click

from ops.deployment_secrets import make_secrets


@click.command("secrets")
@click.option(
    "--output", type=click.Path(path_type=Path, file_okay=False), required=True, help="Folder of the secrets."
)
@click.option("--postgres", default="postgres:5432", show_default=True, help="host:port of PostgreSQL.")
@click.option("--broker", default="valkey:6379", show_default=True, help="host:port of Valkey.")
@click.option("--role-prefix", default="haas", show_default=True, help="As for `haas database`.")
def command(output: Path, postgres: str, broker: str, role_prefix: str) -> None:
    """Create the secrets that are missing in a folder, one subfolder for each group of readers.

    Existing files are never changed. Keep a copy of master-key/key: without it, the keys of all tenants are lost.
    """
    for file in make_secrets(output, postgres=postgres, broker=broker, role_prefix=role_prefix):
        click.echo(f"created {file}")
