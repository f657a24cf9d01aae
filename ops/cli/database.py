"""`haas database`: what a deployment needs in a PostgreSQL cluster before `haas migrate`."""

import asyncio

import asyncpg
import click

from ops.migrations.cluster import create_deployment
from ops.settings_file import as_lines


@click.command("database")
@click.option("--superuser-url", envvar="HAAS_SUPERUSER_URL", required=True, help="postgresql://user:password@host/db")
@click.option(
    "--role-prefix", default="haas", show_default=True, help="Name of the database, and of its roles' beginning."
)
def command(superuser_url: str, role_prefix: str) -> None:
    """Create the database and the two logins, and print their variables. Repeating it makes new passwords."""
    try:
        made = asyncio.run(create_deployment(superuser_url, role_prefix))
    except (asyncpg.PostgresError, asyncpg.InterfaceError, OSError) as error:
        raise click.ClickException(f"PostgreSQL refuses: {error}") from error
    variables = {
        "HAAS_DATABASE_URL": made.app_url,
        "HAAS_OWNER_DATABASE_URL": made.owner_url,
        "HAAS_ROLE_PREFIX": made.role_prefix,
    }
    click.echo(as_lines(variables), nl=False)
