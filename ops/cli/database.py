"""`haas database`: creates the database and the logins of a deployment, before the first `haas provisioner`."""

import asyncio
import os
from urllib.parse import unquote, urlsplit

import asyncpg
import click

from haas.settings import MAIN_NODE, SettingsError, database_variable, secret_variable
from ops.migrations.cluster import create_deployment
from ops.settings_file import as_lines

_SUPERUSER = "HAAS_SUPERUSER_URL"


@click.command("database")
@click.option("--superuser-url", help=f"postgresql://user:password@host/db  [env var: {_SUPERUSER}, {_SUPERUSER}_FILE]")
@click.option("--role-prefix", default="haas", show_default=True, help="Name of the database and prefix of its roles.")
@click.option("--node", default=MAIN_NODE, show_default=True, help="The database node of the printed variables.")
def command(superuser_url: str | None, role_prefix: str, node: str) -> None:
    """Create the database and the two logins, and print their variables. If repeated, it sets new passwords.

    If the variables of both logins are set already (HAAS_DATABASE_URL and HAAS_OWNER_DATABASE_URL, or their files), the
    logins get the passwords in them, and nothing is printed. Then repeating the command changes nothing.
    """
    superuser_url = superuser_url or secret_variable(os.environ, _SUPERUSER)
    given = [_password(database_variable(node, owner=owner)) for owner in (True, False)]
    if (given[0] is None) != (given[1] is None):
        raise click.UsageError("set the variables of both logins, or of none")
    try:
        made = asyncio.run(
            create_deployment(superuser_url, role_prefix, owner_password=given[0], app_password=given[1])
        )
    except (asyncpg.PostgresError, asyncpg.InterfaceError, OSError) as error:
        raise click.ClickException(f"PostgreSQL refused a statement or the connection: {error}") from error
    if given[0] is not None:
        click.echo(f"The database {made.role_prefix} and its logins are ready.")
        return
    variables = {
        database_variable(node): made.app_url,
        database_variable(node, owner=True): made.owner_url,
        "HAAS_ROLE_PREFIX": made.role_prefix,
    }
    click.echo(as_lines(variables), nl=False)


def _password(variable: str) -> str | None:
    """Return the password in the URL of a login, or None if the variable is not set. Raises SettingsError."""
    if not (os.environ.get(variable) or os.environ.get(f"{variable}_FILE")):
        return None
    password = urlsplit(secret_variable(os.environ, variable)).password
    if not password:
        raise SettingsError(f"{variable} has no password")
    return unquote(password)
