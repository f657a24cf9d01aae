"""Which application serves each host, and the responses of the proxy itself."""

import asyncio
import ssl

import pytest

from ops.pki.clients import IssuedClient
from tests.support.proxy import ADMIN, CONSOLE, MAILBOX, MANAGEMENT, OTHER, PUBLIC, REGISTER, SECURE, Proxy, read_answer


@pytest.mark.parametrize(
    ("host", "served_by"),
    [
        (PUBLIC, "application"),
        (SECURE, "application"),
        (MANAGEMENT, "application"),
        (ADMIN, "application"),
        (CONSOLE, "application"),
        (REGISTER, "sandbox"),
        (MAILBOX, "sandbox"),
    ],
)
async def test_each_host_reaches_its_application(
    proxy: Proxy, recipient: IssuedClient, host: str, served_by: str
) -> None:
    answer = await proxy.ask(host, client=recipient)
    assert answer.json()["name"] == served_by
    assert "server" not in answer.headers


@pytest.mark.parametrize("path", ["/", "/%00"])
@pytest.mark.parametrize("host", [PUBLIC, SECURE, MANAGEMENT, ADMIN, CONSOLE])
async def test_every_response_has_the_header_strict_transport_security(
    proxy: Proxy, recipient: IssuedClient, host: str, path: str
) -> None:
    """RFC 6797; CDS, Use of TLS: "All HTTP calls MUST be made using HTTPS". Also in errors of the proxy itself."""
    request = f"GET {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n".encode()
    answer = await proxy.ask(host, client=recipient, request=request)
    assert answer.headers["strict-transport-security"] == "max-age=31536000"


@pytest.mark.parametrize(
    ("sni", "host"),
    [
        (PUBLIC, SECURE),
        (PUBLIC, OTHER),
        (PUBLIC, ADMIN),
        (ADMIN, CONSOLE),
        (CONSOLE, MANAGEMENT),
        (MANAGEMENT, PUBLIC),
        (SECURE, PUBLIC),
        (MAILBOX, PUBLIC),
        (PUBLIC, "unknown.test"),
        (REGISTER, SECURE),
    ],
)
async def test_a_host_header_that_differs_from_the_sni_gets_421(
    proxy: Proxy, recipient: IssuedClient, sni: str, host: str
) -> None:
    answer = await proxy.ask(host, sni=sni, client=recipient)
    assert answer.status == 421
    assert "server" not in answer.headers
    assert b"nginx" not in answer.body.lower()
    assert answer.headers["content-type"].split(";")[0] in {"application/json", "application/problem+json", "text/html"}


@pytest.mark.parametrize(
    ("host", "accept", "encoding"),
    [
        (PUBLIC, "text/html", "gzip"),
        (PUBLIC, "image/svg+xml", "gzip"),
        (PUBLIC, "application/json", None),
        (SECURE, "text/html", None),
        (ADMIN, "text/html", None),
    ],
)
async def test_only_pages_for_consumers_and_their_logos_are_compressed(
    proxy: Proxy, recipient: IssuedClient, host: str, accept: str, encoding: str | None
) -> None:
    wanted = f"Host: {host}\r\nAccept: {accept}\r\nAccept-Encoding: gzip\r\nConnection: close"
    answer = await proxy.ask(host, client=recipient, request=f"GET / HTTP/1.1\r\n{wanted}\r\n\r\n".encode())
    assert (answer.status, answer.headers.get("content-encoding")) == (200, encoding)


async def test_a_host_header_in_capitals_is_the_same_host(proxy: Proxy) -> None:
    answer = await proxy.ask(PUBLIC.upper(), sni=PUBLIC)
    assert answer.status == 200
    assert dict(answer.json()["headers"])["host"] == PUBLIC


@pytest.mark.parametrize("name", ["unknown.haas.localhost", "mtls.unknown.haas.localhost", "localhost", "127.0.0.1"])
async def test_an_unknown_host_name_is_refused_in_the_handshake(proxy: Proxy, name: str) -> None:
    with pytest.raises(ssl.SSLError):
        await proxy.handshake(name)


async def test_a_handshake_without_sni_is_refused(proxy: Proxy) -> None:
    with pytest.raises(ssl.SSLError):
        await proxy.handshake(None)


async def test_an_sni_with_a_path_reads_no_file_outside_the_certificate_folder(proxy: Proxy) -> None:
    outside = proxy.folder.root / "outside.pem"
    outside.write_bytes((proxy.folder.certificates / f"{PUBLIC}.pem").read_bytes())
    for name in (
        "../outside",
        "x/../../outside",
        "/outside",
        "..",
        f"{PUBLIC}/../{PUBLIC}",
        f"{PUBLIC}\0",
        "$pid",
        "a b.c",
    ):
        assert await proxy.answer_to_hello(name.encode()) == "alert", name
    assert await proxy.answer_to_hello(PUBLIC.encode()) == "handshake"


async def test_a_new_host_is_served_without_a_reload(proxy: Proxy, recipient: IssuedClient) -> None:
    public, secure, custom = "cassia.haas.localhost", "mtls.cassia.haas.localhost", "sharing.cassia-energy.test"
    for host in (public, secure, custom):
        with pytest.raises(ssl.SSLError):
            await proxy.handshake(host)
        proxy.pki.ensure_server(host, proxy.folder.certificates)
        answer = await proxy.ask(host, client=recipient)
        assert answer.status == 200
        assert ("client-cert" in dict(answer.json()["headers"])) is (host == secure)


async def test_http_2_is_offered_on_public_hosts_only(proxy: Proxy, recipient: IssuedClient) -> None:
    assert (await proxy.handshake(PUBLIC, alpn=["h2", "http/1.1"])).selected_alpn_protocol == "h2"
    assert (await proxy.handshake(SECURE, alpn=["h2", "http/1.1"])).selected_alpn_protocol != "h2"


@pytest.mark.parametrize("host", [PUBLIC, SECURE])
@pytest.mark.parametrize("cipher", ["ECDHE-RSA-AES128-GCM-SHA256", "ECDHE-RSA-AES256-GCM-SHA384"])
async def test_a_permitted_cipher_is_accepted(proxy: Proxy, host: str, cipher: str) -> None:
    connection = await proxy.handshake(host, ciphers=cipher)
    assert (connection.version, connection.cipher) == ("TLSv1.2", cipher)


@pytest.mark.parametrize("host", [PUBLIC, SECURE])
async def test_every_other_cipher_of_tls_1_2_is_refused(proxy: Proxy, host: str) -> None:
    with pytest.raises(ssl.SSLError):
        await proxy.handshake(host, ciphers="ALL:!ECDHE-RSA-AES128-GCM-SHA256:!ECDHE-RSA-AES256-GCM-SHA384:@SECLEVEL=0")


@pytest.mark.parametrize("host", [PUBLIC, SECURE])
async def test_older_protocols_are_refused(proxy: Proxy, host: str) -> None:
    assert await proxy.answer_to_hello(host.encode(), version=b"\x03\x02") == "alert"


@pytest.mark.parametrize("host", [PUBLIC, SECURE])
async def test_tls_1_3_is_accepted(proxy: Proxy, host: str) -> None:
    assert (await proxy.handshake(host)).version == "TLSv1.3"


LONG = "x" * 10000


@pytest.mark.parametrize("host", [PUBLIC, SECURE, MANAGEMENT, ADMIN, CONSOLE, MAILBOX])
@pytest.mark.parametrize(
    ("head", "status"),
    [
        (f"GET / HTTP/1.1\r\nX-Long: {LONG}", 400),
        (f"GET /{LONG} HTTP/1.1\r\nX: y", 414),
        ("POST / HTTP/1.1\r\nContent-Length: 9000000", 413),
        ("GET / HTTP/9.9\r\nX: y", 505),
        ("nonsense\r\nX: y", 400),
        ("POST / HTTP/1.1\r\nTransfer-Encoding: strange", 501),
        ("GET / HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2", 400),
    ],
)
async def test_errors_of_the_proxy_do_not_name_its_software(
    proxy: Proxy, recipient: IssuedClient, host: str, head: str, status: int
) -> None:
    request = f"{head}\r\nHost: {host}\r\n\r\n".encode()
    answer = await proxy.ask(host, client=recipient, request=request)
    assert answer.status == status
    assert "server" not in answer.headers
    assert b"nginx" not in answer.body.lower()
    if host == SECURE:
        assert answer.json()["error"] == "invalid_request"
        assert answer.json()["error_description"]
    elif host == MANAGEMENT:
        assert answer.headers["content-type"] == "application/problem+json"
        assert answer.json()["type"] == "about:blank"
        assert answer.json()["detail"]


@pytest.mark.parametrize(
    ("path", "status", "shape"),
    [
        ("/cds-au/v1/energy/accounts", 413, "errors"),
        ("/cds-au/v1/energy/accounts/%00", 400, "errors"),
        ("/token", 413, "error"),
        ("/register/%00", 400, "error"),
    ],
)
async def test_errors_of_the_proxy_have_the_format_of_the_path(
    proxy: Proxy, recipient: IssuedClient, path: str, status: int, shape: str
) -> None:
    request = f"POST {path} HTTP/1.1\r\nHost: {SECURE}\r\nContent-Length: 9000000\r\n\r\n".encode()
    answer = await proxy.ask(SECURE, client=recipient, request=request)
    assert answer.status == status
    assert shape in answer.json()


async def test_plain_http_on_the_tls_port_is_refused(proxy: Proxy) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", proxy.port)
    writer.write(f"GET / HTTP/1.1\r\nHost: {PUBLIC}\r\n\r\n".encode())
    answer = await read_answer(reader)
    writer.close()
    await writer.wait_closed()
    assert answer.status == 400
    assert "server" not in answer.headers
    assert b"nginx" not in answer.body.lower()


async def test_the_internal_location_of_error_pages_cannot_be_requested(proxy: Proxy, recipient: IssuedClient) -> None:
    request = f"GET /.haas-error HTTP/1.1\r\nHost: {SECURE}\r\nConnection: close\r\n\r\n".encode()
    answer = await proxy.ask(SECURE, client=recipient, request=request)
    assert answer.status == 404
    assert "server" not in answer.headers


async def test_secure_hosts_answer_unavailable_while_the_application_is_down(
    proxy: Proxy, recipient: IssuedClient
) -> None:
    supervised = proxy.supervisor.process("application")
    await supervised.stop()
    request = f"GET /cds-au/v1/energy/accounts HTTP/1.1\r\nHost: {SECURE}\r\nConnection: close\r\n\r\n".encode()
    data = await proxy.ask(SECURE, client=recipient, request=request)
    secure = await proxy.ask(SECURE, client=recipient)
    await supervised.restart()
    assert (secure.status, data.status) == (502, 502)
    assert data.json()["errors"][0]["code"] == "urn:au-cds:error:cds-all:Service/Unavailable"
    assert secure.json()["error"] == "temporarily_unavailable"
    assert "server" not in secure.headers
    assert (await proxy.ask(SECURE, client=recipient)).status == 200
