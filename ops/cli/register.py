"""`haas register`: the CDR Registers that tenants belong to."""

import asyncio

import click

from haas.settings import CommandSettings
from ops.deployment_settings import command_settings
from ops.operator_access import OperatorAccess
from tenants.provisioning.models import PutRegisterEnvironment
from tenants.registry.models import RegisterEnvironment


@click.group("register")
def command() -> None:
    """Manage the register environments: production, the conformance test suite, the sandbox."""


@command.command("list")
def list_() -> None:
    """List the register environments."""
    environments = asyncio.run(_all(command_settings()))
    if not environments:
        click.echo("There are no register environments yet; `haas register put` adds one.")
    for each in environments:
        click.echo(
            f"{each.id}\n  public  {each.public_base_uri}\n  secure  {each.secure_base_uri}\n  JWKS    {each.jwks_uri}"
        )


@command.command("put")
@click.argument("id_", metavar="ID")
@click.option("--public-base-uri", required=True, help="Base URI of the Register's public APIs.")
@click.option("--secure-base-uri", required=True, help="Base URI of the Register's APIs with mutual TLS.")
@click.option("--jwks-uri", required=True, help="URI of the keys that sign software statements.")
def put(id_: str, public_base_uri: str, secure_base_uri: str, jwks_uri: str) -> None:
    """Add the register environment ID, or replace its addresses."""
    for address in (public_base_uri, secure_base_uri, jwks_uri):
        if not address.startswith("https://"):
            raise click.BadParameter(f"{address} is not an https address")
    environment = RegisterEnvironment(
        id=id_,
        public_base_uri=public_base_uri.rstrip("/"),
        secure_base_uri=secure_base_uri.rstrip("/"),
        jwks_uri=jwks_uri,
    )
    asyncio.run(_put(command_settings(), environment))
    click.echo(f"Stored {id_}. `haas tenant create --register-environment {id_}` creates a tenant in it.")


async def _all(settings: CommandSettings) -> list[RegisterEnvironment]:
    async with OperatorAccess.open(settings) as access:
        return await access.register_environments()


async def _put(settings: CommandSettings, environment: RegisterEnvironment) -> None:
    async with OperatorAccess.open(settings) as access:
        await access.ask("change", f"register-environment:{environment.id}", PutRegisterEnvironment(environment))
