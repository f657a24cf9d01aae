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
    """Create the database and the four logins, and print their variables. If repeated, it sets new passwords.

    If the variables of all logins are set already (HAAS_DATABASE_URL, HAAS_OWNER_DATABASE_URL,
    HAAS_OPERATOR_DATABASE_URL and HAAS_BACKUP_DATABASE_URL, or their files), the logins get the passwords in them, and
    nothing is printed. Then repeating the command changes nothing.
    """
    superuser_url = superuser_url or secret_variable(os.environ, _SUPERUSER)
    app = _password(database_variable(node))
    owner = _password(database_variable(node, "owner"))
    operator = _password(database_variable(node, "operator"))
    backup = _password(database_variable(node, "backup"))
    missing = [password is None for password in (app, owner, operator, backup)]
    if any(missing) and not all(missing):
        raise click.UsageError("set the variables of all four logins, or of none")
    try:
        made = asyncio.run(
            create_deployment(
                superuser_url,
                role_prefix,
                owner_password=owner,
                app_password=app,
                operator_password=operator,
                backup_password=backup,
            )
        )
    except (asyncpg.PostgresError, asyncpg.InterfaceError, OSError) as error:
        raise click.ClickException(f"PostgreSQL refused a statement or the connection: {error}") from error
    if not any(missing):
        click.echo(f"The database {made.role_prefix} and its logins are ready.")
        return
    variables = {
        database_variable(node): made.app_url,
        database_variable(node, "owner"): made.owner_url,
        database_variable(node, "operator"): made.operator_url,
        database_variable(node, "backup"): made.backup_url,
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
