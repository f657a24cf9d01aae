"""The access log of nginx: it shows who requests one-time passwords, and contains no personal data."""

from pathlib import Path
from uuid import UUID, uuid4

import msgspec
import pytest

from ops.pki.clients import IssuedClient
from tests.support.proxy import PUBLIC, SECURE, Answer, Proxy, running_proxy

ACCOUNT, FLOW = "kPzQ8J3hbhcdtGV0", "8c4b2d1e"


async def logged(proxy: Proxy, interaction: str) -> dict[str, str]:
    """Return the line of a request.

    nginx writes it after the response. Its only worker has written it before it serves the next request.
    """
    await proxy.ask(PUBLIC)
    lines = (proxy.folder.logs / "access.log").read_bytes().splitlines()
    decoded = [msgspec.json.decode(line, type=dict[str, str]) for line in lines]
    [found] = [line for line in decoded if line["interaction_id"] == interaction]
    return found


async def send(
    proxy: Proxy, host: str, target: str, *, method: str = "GET", client: IssuedClient | None = None
) -> tuple[Answer, str]:
    interaction = str(uuid4())
    head = f"{method} {target} HTTP/1.1\r\nHost: {host}\r\nx-fapi-interaction-id: {interaction}\r\n"
    request = f"{head}Content-Length: 0\r\nConnection: close\r\n\r\n"
    return await proxy.ask(host, client=client, request=request.encode()), interaction


async def test_the_log_line_of_a_request_contains_no_id_of_the_path_and_no_query(proxy: Proxy) -> None:
    answer, interaction = await send(proxy, PUBLIC, f"/flow/{FLOW}/identify?login=mia%40example.com", method="POST")
    assert answer.status == 200
    line = await logged(proxy, interaction)
    assert float(line.pop("seconds")) >= 0
    assert line.pop("time").startswith("20")
    assert line == {
        "address": "127.0.0.1",
        "host": PUBLIC,
        "method": "POST",
        "path": "/flow/*/identify",
        "status": "200",
        "interaction_id": interaction,
        "reference": "",
    }


async def test_a_refused_request_for_a_one_time_password_is_only_in_the_access_log(own_proxy: Proxy) -> None:
    """The error log would contain the query."""
    target = "/dashboard/sign-in?login=mia%40example.com"
    for _ in range(10):
        answer, interaction = await send(own_proxy, PUBLIC, target, method="POST")
        if answer.status == 429:
            break
    line = await logged(own_proxy, interaction)
    assert (line["status"], line["path"], line["address"]) == ("429", "/dashboard/sign-in", "127.0.0.1")
    for log in own_proxy.folder.logs.iterdir():
        assert b"mia%40example.com" not in log.read_bytes(), log.name


async def test_a_failed_request_is_only_in_the_access_log(state_folder: Path, tmp_path: Path) -> None:
    """A body that is too large, another host than that of the connection, and an application that is down."""
    target = "/authorise?login_hint=zoe%40example.com"
    line = f"POST {target} HTTP/1.1\r\nHost: {{}}\r\nContent-Length: {{}}\r\nConnection: close\r\n\r\n"
    async with running_proxy(state_folder / "proxy-failures", in_front_of=tmp_path) as proxy:
        too_large = await proxy.ask(PUBLIC, request=line.format(PUBLIC, 9_000_000).encode())
        misdirected = await proxy.ask(PUBLIC, request=line.format("other.test", 0).encode())
        down = await proxy.ask(PUBLIC, request=line.format(PUBLIC, 0).encode())
        assert [answer.status for answer in (too_large, misdirected, down)] == [413, 421, 502]
        for log in proxy.folder.logs.iterdir():
            assert b"zoe%40example.com" not in log.read_bytes(), log.name


@pytest.mark.parametrize(
    ("target", "path"),
    [
        ("/authorise?client_id=1&request_uri=urn%3A2", "/authorise"),
        ("/dashboard/", "/dashboard"),
        ("/dashboard/resend", "/dashboard/resend"),
        ("/dashboard/verify", "/dashboard/verify"),
        ("/dashboard/arrangements/e7f0a3b5-6a52-4a0e-9a35-3c1d6f0b8d21/withdraw", "/dashboard/*"),
        (f"/flow/{FLOW}/verify", "/flow/*/verify"),
        (f"//flow//{FLOW}/./%69dentify/", "/flow/*/identify"),
        ("/.well-known/openid-configuration", "/.well-known/*"),
        ("/mia.wong@example.com", "/*"),
        ("/Mia%20Wong?x", "/*"),
        ("/flower", "/*"),
        ("/%0Ajwks", "/*"),
        ("/", "/*"),
    ],
)
async def test_the_logged_path_has_no_ids_and_no_unknown_words(proxy: Proxy, target: str, path: str) -> None:
    _, interaction = await send(proxy, PUBLIC, target)
    assert (await logged(proxy, interaction))["path"] == path


@pytest.mark.parametrize(
    ("target", "path"),
    [
        (f"/cds-au/v1/energy/accounts/{ACCOUNT}/balance?page=1", "/cds-au/*"),
        ("/register/e7f0a3b5-6a52-4a0e-9a35-3c1d6f0b8d21", "/register/*"),
        ("/token", "/token"),
    ],
)
async def test_requests_to_secure_hosts_are_logged(
    proxy: Proxy, recipient: IssuedClient, target: str, path: str
) -> None:
    """Also requests without a client certificate, which are refused."""
    for client, status in ((recipient, "200"), (None, "400")):
        _, interaction = await send(proxy, SECURE, target, client=client)
        line = await logged(proxy, interaction)
        assert (line["host"], line["path"], line["status"]) == (SECURE, path, status)


async def test_a_misdirected_request_is_logged_with_the_host_of_the_connection(proxy: Proxy) -> None:
    interaction = str(uuid4())
    answer = await proxy.ask("anybody.test", sni=PUBLIC, headers={"x-fapi-interaction-id": interaction})
    assert answer.status == 421
    assert (await logged(proxy, interaction))["host"] == PUBLIC


async def test_a_request_that_cannot_be_parsed_is_logged_without_a_path(proxy: Proxy) -> None:
    """nginx does not read the headers of such a request, so it generates an interaction id."""
    answer, _ = await send(proxy, PUBLIC, "/.well-known/%00")
    line = await logged(proxy, answer.headers["x-fapi-interaction-id"])
    assert (line["status"], line["path"], line["address"]) == ("400", "", "127.0.0.1")
    assert b"uninitialized" not in (proxy.folder.logs / "nginx.log").read_bytes()


@pytest.mark.parametrize(
    "given", [None, "", "no uuid", "e7f0a3b5-6a52-4a0e-9a35-3c1d6f0b8d21, 1c0d5b6e-8f43-4d0c-b7a1-5f2e9a6c7d38"]
)
async def test_a_request_without_a_valid_interaction_id_gets_one_that_is_forwarded_and_logged(
    proxy: Proxy, given: str | None
) -> None:
    headers = {} if given is None else {"x-fapi-interaction-id": given}
    told = dict((await proxy.ask(PUBLIC, headers={**headers, "HAAS-Interaction-Id": "smuggled"})).json()["headers"])
    interaction = UUID(told["haas-interaction-id"])
    assert interaction.version == 4
    assert (await logged(proxy, str(interaction)))["status"] == "200"
    assert told.get("x-fapi-interaction-id", "") == (given or ""), "the application checks the value of the client"


async def test_a_valid_interaction_id_is_forwarded_unchanged(proxy: Proxy) -> None:
    given = str(uuid4()).upper()
    told = dict((await proxy.ask(PUBLIC, headers={"x-fapi-interaction-id": given})).json()["headers"])
    assert told["haas-interaction-id"] == given


def test_the_access_log_is_in_the_log_folder(proxy: Proxy) -> None:
    access_log: Path = proxy.nginx.configuration.access_log
    assert access_log == proxy.folder.logs / "access.log"
