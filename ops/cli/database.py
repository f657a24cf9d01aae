"""`haas database`: creates the database and the logins of a deployment, before `haas migrate`."""

import asyncio

import asyncpg
import click

from haas.settings import MAIN_NODE, database_variable
from ops.migrations.cluster import create_deployment
from ops.settings_file import as_lines


@click.command("database")
@click.option("--superuser-url", envvar="HAAS_SUPERUSER_URL", required=True, help="postgresql://user:password@host/db")
@click.option("--role-prefix", default="haas", show_default=True, help="Name of the database and prefix of its roles.")
@click.option("--node", default=MAIN_NODE, show_default=True, help="The database node of the printed variables.")
def command(superuser_url: str, role_prefix: str, node: str) -> None:
    """Create the database and the two logins, and print their variables. If repeated, it sets new passwords."""
    try:
        made = asyncio.run(create_deployment(superuser_url, role_prefix))
    except (asyncpg.PostgresError, asyncpg.InterfaceError, OSError) as error:
        raise click.ClickException(f"PostgreSQL refused a statement or the connection: {error}") from error
    variables = {
        database_variable(node): made.app_url,
        database_variable(node, owner=True): made.owner_url,
        "HAAS_ROLE_PREFIX": made.role_prefix,
    }
    click.echo(as_lines(variables), nl=False)
