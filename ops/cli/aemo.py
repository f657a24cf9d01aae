"""`haas aemo`: the participants with which brands ask AEMO for data, and a check of the access."""

import asyncio
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Final, NoReturn, get_args
from uuid import UUID

import click
from cryptography import x509
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from haas.clock import Clock, clock_from
from haas.database import FEW_CONNECTIONS, Database, Namespace, Transaction
from haas.jose import KeySealer, Sealer
from haas.outbound import Outbound, https_url
from haas.settings import ProvisionerSettings, WorkerSettings
from haas.shared_values import SharedValues
from ops.deployment_settings import command_settings, settings_of
from ops.operator import columns
from ops.operator_access import OperatorAccess
from tenants.aemo.check import CheckReport, check
from tenants.aemo.client import AemoClient
from tenants.market import service, store
from tenants.market.models import AuthenticationMode, MarketEnvironment, Participant, ParticipantKey, Secrets
from tenants.registry.names import console_namespace, market_change_namespace, owner_namespace

MAXIMUM_SECRET: Final = 64 * 1024
_environment = click.option(
    "--environment",
    type=click.Choice(get_args(MarketEnvironment)),
    default="production",
    show_default=True,
    help="The environment of AEMO.",
)
_participant = click.argument("participant")
_SECRET: Final = click.Path(exists=True, dir_okay=False, allow_dash=True, path_type=Path)


@click.group("aemo")
def command() -> None:
    """Manage the participants at AEMO.

    Passwords and keys are read from files, or from the standard input if the file is `-`. `set` and `set-password` need
    the settings of the provisioner, and `check` those of a worker: they have the master key. The other commands need
    those of a command.
    """


@command.command("set")
@_participant
@_environment
@click.option("--retailer", required=True, help="The legal entity, as `haas tenant list` shows it.")
@click.option("--base-uri", required=True, help="The URI before /electricity/servicepoints, with port and path.")
@click.option("--mode", type=click.Choice(get_args(AuthenticationMode)), default="basic", show_default=True)
@click.option("--username", required=True, help="The user with the rights entity for the CDR, or the client id.")
@click.option("--password", "secret", required=True, type=_SECRET, help="File with the password or client secret.")
@click.option("--subscription-key", type=_SECRET, help="File with the subscription key, for basic-with-key.")
@click.option("--token-uri", help="The token endpoint, for bearer.")
@click.option("--certificate", required=True, type=_SECRET, help="File with the client certificate and its chain, PEM.")
@click.option("--key", required=True, type=_SECRET, help="File with the private key of the certificate, PEM.")
@click.option("--proxy", help="A proxy to the private network of AEMO, such as http://proxy.example:3128.")
def set_(participant: str, environment: MarketEnvironment, retailer: str, **given: Any) -> None:
    """Add the PARTICIPANT, or replace all its values. PARTICIPANT is its id at AEMO.

    Requests that have begun use the old values. All processes use the new ones within seconds.
    """
    key = ParticipantKey(participant, environment)
    secrets = Secrets(
        secret=_secret(given["secret"], "--password"),
        key=_secret(given["key"], "--key"),
        subscription_key=None
        if given["subscription_key"] is None
        else _secret(given["subscription_key"], "--subscription-key"),
    )
    certificate = _secret(given["certificate"], "--certificate")
    _check_pair(certificate, secrets.key)
    for uri in filter(None, (given["base_uri"], given["token_uri"])):
        https_url(uri)
    if given["proxy"] is not None and not given["proxy"].startswith(("http://", "https://")):
        raise click.BadParameter("use an http or https URL without a user name", param_hint="--proxy")

    async def put(tx: Transaction, sealer: Sealer, clock: Clock) -> None:
        retailer_id = await store.retailer_id(tx, retailer)
        if retailer_id is None:
            raise click.ClickException(f"there is no retailer {retailer!r}; `haas tenant list` shows the retailers")
        values = Participant(
            id=key,
            retailer_id=retailer_id,
            base_uri=given["base_uri"],
            mode=given["mode"],
            token_uri=given["token_uri"],
            username=given["username"],
            certificate=certificate,
            proxy_uri=given["proxy"],
        )
        await service.put(tx, sealer, values, secrets, clock.now())

    asyncio.run(_as_owner(put))
    click.echo(f"{participant} is stored. `haas aemo assign` lets a brand use it, and `haas aemo check` checks it.")


@command.command("set-password")
@_participant
@_environment
@click.option("--password", "secret", required=True, type=_SECRET, help="File with the password that AEMO accepts.")
def set_password(participant: str, environment: MarketEnvironment, secret: Path) -> None:
    """Store the password of PARTICIPANT that AEMO accepts, after it was changed or unlocked at AEMO.

    It also ends a change whose result was not known.
    """
    key, password = ParticipantKey(participant, environment), _secret(secret, "--password")

    async def replace(tx: Transaction, sealer: Sealer, clock: Clock) -> None:
        await service.replace_secret(tx, sealer, key, password, clock.now())

    asyncio.run(_as_owner(replace))
    click.echo(f"The password of {participant} is stored.")


@command.command("assign")
@click.argument("slug")
@_participant
@_environment
def assign(slug: str, participant: str, environment: MarketEnvironment) -> None:
    """Let the tenant SLUG ask AEMO as PARTICIPANT. Both belong to one retailer."""
    key = ParticipantKey(participant, environment)
    asyncio.run(_as_operator(slug, lambda tx, brand_id: store.assign(tx, brand_id, key)))
    click.echo(
        f"{slug} asks AEMO as {participant}. `haas tenant set {slug} --market market_source=aemo` switches to AEMO."
    )


@command.command("unassign")
@click.argument("slug")
@_participant
@_environment
def unassign(slug: str, participant: str, environment: MarketEnvironment) -> None:
    """Let the tenant SLUG no longer ask AEMO as PARTICIPANT."""
    key = ParticipantKey(participant, environment)
    asyncio.run(_as_operator(slug, lambda tx, brand_id: store.unassign(tx, brand_id, key)))
    click.echo(f"{slug} does not ask AEMO as {participant} any more.")


@command.command("remove")
@_participant
@_environment
def remove(participant: str, environment: MarketEnvironment) -> None:
    """Delete PARTICIPANT with its credentials. No brand may use it any more."""
    key = ParticipantKey(participant, environment)
    asyncio.run(_as_operator(None, lambda tx, _: store.remove(tx, key)))
    click.echo(f"{participant} was deleted.")


@command.command("list")
def list_() -> None:
    """List the participants, without their secrets."""
    found: list[Any] = []

    async def read(tx: Transaction, _: UUID | None) -> None:
        found.extend(await store.summaries(tx))

    asyncio.run(_as_operator(None, read))
    if not found:
        click.echo("There are no participants yet; `haas aemo set` adds one.")
        return
    rows = [
        (
            each.id.participant_id,
            each.id.environment,
            each.retailer,
            each.mode,
            f"{each.changed_at:%Y-%m-%d}",
            "no" if each.stopped_at is None else f"since {each.stopped_at:%Y-%m-%d}",
            ", ".join(each.brands) or "none",
        )
        for each in found
    ]
    for line in columns(("PARTICIPANT", "ENVIRONMENT", "RETAILER", "MODE", "PASSWORD OF", "STOPPED", "BRANDS"), rows):
        click.echo(line)


@command.command("check")
@_participant
@click.argument("nmi")
@_environment
@click.option("--again", is_flag=True, help="Try credentials once more that AEMO has refused: six wrong tries lock.")
def check_(participant: str, nmi: str, environment: MarketEnvironment, *, again: bool) -> None:
    """Ask AEMO once as PARTICIPANT for the service point NMI, and report the answer. The exit status is 1 if it failed.

    PARTICIPANT must be the FRMP of the service point. The limits of the participant are kept.
    """
    key = ParticipantKey(participant, environment)
    report = asyncio.run(_check(key, nmi, again=again))
    width = max(len(title) for title, _ in report.lines)
    for title, text in report.lines:
        click.echo(f"{title:<{width}}  {text}")
    if not report.succeeded:
        raise SystemExit(1)


async def _check(key: ParticipantKey, nmi: str, *, again: bool) -> CheckReport:
    settings = settings_of(WorkerSettings)
    clock = clock_from(settings.clock_file)
    async with _transaction(settings.database_urls, market_change_namespace(settings)) as tx:
        credentials = await service.credentials(tx, KeySealer(settings.master_key), key)
        private_hosts = await store.private_hosts(tx, key)
    shared = SharedValues(settings.redis_url)
    async with Outbound(settings, clock=clock) as outbound:
        client = AemoClient(outbound, clock, shared, settings.application_processes)
        try:
            return await check(client, credentials, nmi, private_hosts, clock, again=again)
        finally:
            await client.close()
            await shared.close()


async def _as_owner(work: Callable[[Transaction, Sealer, Clock], Any]) -> None:
    """Run `work` in a transaction of the control schema, with the provisioner's settings."""
    settings = settings_of(ProvisionerSettings)
    async with _transaction(settings.owner_database_urls, owner_namespace(settings)) as tx:
        await work(tx, KeySealer(settings.master_key), clock_from(settings.clock_file))


@asynccontextmanager
async def _transaction(urls: dict[str, str], namespace: Namespace) -> AsyncIterator[Transaction]:
    database = Database.open(urls, connections=FEW_CONNECTIONS)
    try:
        async with database.transaction(namespace) as tx:
            yield tx
    finally:
        await database.close()


async def _as_operator(slug: str | None, work: Callable[[Transaction, Any], Any]) -> None:
    """Run `work` in a transaction of the console, with the id of the tenant."""
    settings = command_settings()
    async with OperatorAccess.open(settings) as access:
        brand_id = None if slug is None else (await access.find(slug)).id
        async with access.database.transaction(console_namespace(settings)) as tx:
            await work(tx, brand_id)


def _secret(path: Path, option: str) -> str:
    """Return the text of a file, or of the standard input, without the line end. Errors do not contain it."""
    raw = sys.stdin.buffer.read(MAXIMUM_SECRET + 1) if str(path) == "-" else _file(path)
    try:
        text = raw.decode("utf-8").strip()
    except UnicodeDecodeError:
        _bad(option, "the content is not text")
    if not text or len(raw) > MAXIMUM_SECRET:
        _bad(option, f"the content is empty or longer than {MAXIMUM_SECRET} bytes")
    return text


def _file(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(MAXIMUM_SECRET + 1)


def _check_pair(certificate: str, key: str) -> None:
    """Raise an error if the certificate and the key cannot be read or do not belong together."""
    try:
        found = x509.load_pem_x509_certificates(certificate.encode())
    except ValueError:
        _bad("--certificate", "the file has no certificate in PEM")
    try:
        private = load_pem_private_key(key.encode(), None)
    except (ValueError, TypeError):
        _bad("--key", "the file has no private key in PEM that can be read without a password")
    if found[0].public_key() != private.public_key():
        _bad("--key", "the key does not belong to the first certificate of the file")


def _bad(option: str, problem: str) -> NoReturn:
    raise click.BadParameter(problem, param_hint=option) from None
