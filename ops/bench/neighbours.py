"""Measures how much the hostile requests of one party slow down the requests for another brand.

Run as `python -m ops.bench.neighbours [--seconds 10]`.

The victim is Get Energy Accounts at one demonstration brand. The hostile requests go to the other brand and come from
another process, so that only the stack is shared. Each kind of hostile request is measured beside a quiet period.
"""

import asyncio
import multiprocessing
import uuid
from collections.abc import AsyncIterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from typing import Any, Final
from urllib.parse import urlencode, urlsplit

import click
import msgspec
from cryptography.hazmat.primitives.asymmetric import rsa

from haas.progress import ConsoleProgress
from ops.bench.command import machine_description, new_stack
from ops.bench.hostile import Attack, send_hostile
from ops.bench.load import Load, Measured
from ops.bench.operations import Caller, energy_accounts, target
from ops.bench.population import copy_data
from ops.bench.report import markdown
from ops.bench.run import SOURCE, address_of, caller_with_consent
from ops.deployment import Deployment
from ops.sandbox.jose import SigningKey
from ops.sandbox.jose.tokens import base64url
from ops.sandbox.messages import Deviation
from ops.sandbox.recipient.authenticated import ASSERTION_TYPE
from ops.smoke.command import participants_of
from ops.smoke.foreground import run
from ops.smoke.journey import Journey
from ops.smoke.participants import Participants, Recipient
from ops.smoke.steps import Steps
from ops.stack.embedded import Stack
from tenants.registry.models import Tenant

VICTIM_CONNECTIONS: Final = 4
VICTIM_REQUESTS_PER_SECOND: Final = 2500
HOSTILE_CONNECTIONS: Final = 7
QUERY_BYTES: Final = 7_000
"""Almost as long as nginx accepts."""
EXPONENT_BITS: Final = 3_071


@click.command("neighbours")
@click.option("--seconds", type=click.FloatRange(1, 60), default=10, show_default=True, help="For each measurement.")
def command(seconds: float) -> None:
    """Time the requests for one brand while another brand gets hostile requests."""
    click.echo(machine_description())
    for line in run(_measure(seconds)):
        click.echo(line)


async def _measure(seconds: float) -> list[str]:
    async with new_stack("haas-neighbours-") as stack, participants_of(stack) as people:
        caller = await caller_with_consent(stack, people)
        victim = await _victim(stack)
        head = ["hostile requests to another brand", "answered or begun", "victim requests/s"]
        rows = [[*head, "p50 ms", "p95 ms", "max ms"]]
        quiet = await asyncio.to_thread(_beside, stack, caller, victim, None, seconds)
        rows.append(_row("none", *quiet))
        async for attack in attacks(people):
            beside = await asyncio.to_thread(_beside, stack, caller, victim, attack, seconds)
            rows.append(_row(attack.name, *beside))
        return markdown(rows)


async def _victim(stack: Stack) -> Tenant:
    """Copy the data of the source brand to the other brand, and return that brand."""
    async with Deployment.open(stack.settings) as deployment:
        brands = {brand.slug: brand for brand in await deployment.administration.all()}
    victim = next(brand for slug, brand in brands.items() if slug != SOURCE)
    await copy_data(stack, brands[SOURCE], [victim], ConsoleProgress())
    return victim


async def attacks(people: Participants) -> AsyncIterator[Attack]:
    """Yield each kind of hostile requests. Assertions expire after a minute, so each attack is made when it is due."""
    tenant = next(tenant for tenant in people.description.tenants if tenant.slug == SOURCE)
    public, secure = urlsplit(tenant.public_base_uri).netloc, urlsplit(tenant.resource_base_uri).netloc
    queries = [f"GET /nothing?{text} HTTP/1.1\r\nHost: {public}\r\n\r\n".encode() for text in _long_queries()]
    yield Attack(name="long queries", host=public, connections=HOSTILE_CONNECTIONS, requests=queries)
    yield Attack(
        name="HTTP/2 streams that are cancelled at once", host=public, connections=8, behaviour="cancelled streams"
    )
    yield Attack(name="200 slow bodies", host=public, connections=200, behaviour="slow bodies")
    small = rsa.generate_private_key(65537, 2048)
    large = rsa.generate_private_key(65537, 4096)
    private = {bits: _private_jwk(key) for bits, key in ((2048, small), (4096, large))}
    for name, document in (
        ("key set: 40 RSA keys of 2,048 bits with private members", _copies(private[2048], 40)),
        ("key set: 100 RSA keys of 4,096 bits with private members", _copies(private[4096], 100)),
        (f"key set: 20 RSA keys with exponents of {EXPONENT_BITS:,} bits", _copies(_wide_exponent(), 20)),
        ("key set: 50,000 members that are no keys", [{"kty": "x"}] * 50_000),
    ):
        journey = Journey(people, tenant, Steps(lambda _: None))
        await journey.register()
        recipient = journey.recipient
        keys = [*document, recipient.client.key.public_jwk()]
        await people.control.publish_jwks_document(recipient.product, msgspec.json.encode({"keys": keys}).decode())
        certificate = (recipient.certificate.certificate.encode(), recipient.certificate.private_key.encode())
        requests = _assertions(recipient, secure, [str(key.get("kid", "")) for key in document])
        yield Attack(
            name=name, host=secure, connections=HOSTILE_CONNECTIONS, requests=requests, certificate=certificate
        )


def _long_queries() -> list[str]:
    """Texts that begin what a careless pattern looks for, again and again."""
    beginnings = ("token=", "eyJ", "eyJhbGciOi.", "a@", "+61", "client_assertion=", "code=%20", "Bearer ")
    return [(each.replace(" ", "+") * QUERY_BYTES)[:QUERY_BYTES] for each in beginnings]


def _assertions(recipient: Recipient, netloc: str, kids: Sequence[str]) -> list[bytes]:
    """Introspection requests whose assertions name keys of the set: each makes the server look into the set."""
    requests = []
    for number in range(400):
        kid = kids[number % len(kids)] or f"unknown-{number}"
        fields = {
            "client_id": recipient.client.client_id,
            "client_assertion_type": ASSERTION_TYPE,
            "client_assertion": recipient.client.assertion(
                Deviation(header={"kid": kid, "alg": "PS256"}, key=_signer())
            ),
            "token": str(uuid.uuid4()),
        }
        body = urlencode(fields).encode()
        head = (
            f"POST /introspect HTTP/1.1\r\nHost: {netloc}\r\nContent-Type: application/x-www-form-urlencoded\r\n"
            f"Content-Length: {len(body)}\r\n\r\n"
        )
        requests.append(head.encode() + body)
    return requests


_signers: list[SigningKey] = []


def _signer() -> SigningKey:
    """Return one RSA key for all hostile assertions: the server refuses them only after it verified the signature."""
    if not _signers:
        _signers.append(SigningKey.generate("PS256"))
    return _signers[0]


def _private_jwk(key: rsa.RSAPrivateKey) -> dict[str, Any]:
    """Return a JWK with `n`, `e` and `d` only: whoever imports the private key must factor the modulus."""
    numbers = key.private_numbers()
    public = numbers.public_numbers
    return {"kty": "RSA", "use": "sig", "n": _uint(public.n), "e": _uint(public.e), "d": _uint(numbers.d)}


def _wide_exponent() -> dict[str, Any]:
    modulus = rsa.generate_private_key(65537, EXPONENT_BITS + 1).public_key().public_numbers().n
    return {"kty": "RSA", "use": "sig", "n": _uint(modulus), "e": _uint((1 << (EXPONENT_BITS - 1)) + 1)}


def _uint(value: int) -> str:
    return base64url(value.to_bytes((value.bit_length() + 7) // 8))


def _copies(jwk: dict[str, Any], count: int) -> list[dict[str, Any]]:
    return [{**jwk, "kid": f"key-{number}"} for number in range(count)]


def _beside(
    stack: Stack, caller: Caller, victim: Tenant, attack: Attack | None, seconds: float
) -> tuple[int, Measured]:
    """Return how many hostile requests were answered, and the measurement of the victim's requests meanwhile."""
    address = address_of(stack)
    each = int(seconds * VICTIM_REQUESTS_PER_SECOND / VICTIM_CONNECTIONS)
    targets = [target(victim, energy_accounts(caller, victim, each)) for _ in range(VICTIM_CONNECTIONS)]
    spawn = multiprocessing.get_context("spawn")
    with Load(address, caller.context, targets, 200) as load:
        if attack is None:
            return 0, load.run(seconds, VICTIM_CONNECTIONS)
        with ProcessPoolExecutor(1, mp_context=spawn) as processes:
            roots = str(stack.description.roots.bundle)
            hostile = processes.submit(send_hostile, attack, address, roots, seconds)
            measured = load.run(seconds, VICTIM_CONNECTIONS)
            return hostile.result(), measured


def _row(name: str, answered: int, measured: Measured) -> list[str]:
    latencies = [f"{1000 * measured.percentile(percent):,.1f}" for percent in (50, 95, 100)]
    return [name, f"{answered:,}", f"{measured.rate:,.0f}", *latencies]


if __name__ == "__main__":
    command()
