"""A CRL for each authority: both are required, both are checked, and both are renewed before they end."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from ops.proxy.reload import reload
from ops.stack.periodic_checks import RevocationListCheck, check_periodically
from tests.support.proxy import SECURE, Proxy, read_answer


async def refused(proxy: Proxy) -> bool:
    """Return whether a client with a valid certificate is refused."""
    answer = await proxy.ask(SECURE, client=proxy.pki.issue_client("App", "Org"))
    assert answer.headers["server"] == "-"
    return dict(answer.json()["headers"]).get("haas-refused") == "certificate-invalid"


async def test_without_a_valid_list_of_each_authority_every_client_is_refused(own_proxy: Proxy) -> None:
    lists = own_proxy.pki.revocation_lists_file
    both = lists.read_bytes()
    end = b"-----END X509 CRL-----\n"
    root, intermediate = (part + end for part in both.split(end) if part)
    assert not await refused(own_proxy)
    for incomplete in (root, intermediate):
        lists.write_bytes(incomplete)
        await reload(own_proxy.nginx.pid_file)
        assert await refused(own_proxy)
    own_proxy.pki.publish_revocation_lists(timedelta(hours=-0.5))
    await reload(own_proxy.nginx.pid_file)
    assert await refused(own_proxy), "every client is refused after the lists have ended"
    lists.write_bytes(both)
    await reload(own_proxy.nginx.pid_file)
    assert not await refused(own_proxy)


async def test_nginx_enforces_a_revocation_after_the_periodic_check(own_proxy: Proxy) -> None:
    pki = own_proxy.pki
    revocation = RevocationListCheck(pki, own_proxy.nginx.pid_file)
    assert pki.enforced()
    client = pki.issue_client("App", "Org")
    pki.revoke(client.serial)
    assert not pki.enforced()
    await revocation.check()
    assert pki.enforced()
    answer = await own_proxy.ask(SECURE, client=client)
    assert dict(answer.json()["headers"])["haas-refused"] == "certificate-invalid"


async def test_a_connection_from_before_a_reload_is_closed(own_proxy: Proxy) -> None:
    client = own_proxy.pki.issue_client("App", "Org")
    reader, writer = await asyncio.open_connection(
        "127.0.0.1", own_proxy.port, ssl=own_proxy.context(client), server_hostname=SECURE
    )
    writer.write(f"GET / HTTP/1.1\r\nHost: {SECURE}\r\n\r\n".encode())
    assert (await read_answer(reader)).status == 200
    own_proxy.pki.revoke(client.serial)
    await reload(own_proxy.nginx.pid_file)
    assert await asyncio.wait_for(reader.read(), 10) == b""
    writer.close()
    await writer.wait_closed()


async def test_the_check_continues_after_nginx_was_down(own_proxy: Proxy, caplog: pytest.LogCaptureFixture) -> None:
    revocation = RevocationListCheck(own_proxy.pki, own_proxy.nginx.pid_file)
    supervised = own_proxy.supervisor.process("nginx")
    await supervised.kill()
    own_proxy.pki.revoke(own_proxy.pki.issue_client("App", "Org").serial)
    with pytest.raises(ProcessLookupError):
        await revocation.check()
    assert not own_proxy.pki.enforced()
    checking = asyncio.create_task(check_periodically(revocation.check, 0.02))
    async with asyncio.timeout(10):
        await supervised.until_ready()
        await own_proxy.pki.until_enforced()
    checking.cancel()
    await asyncio.gather(checking, return_exceptions=True)
    assert not await refused(own_proxy)


async def test_lists_are_renewed_before_they_end(own_proxy: Proxy, caplog: pytest.LogCaptureFixture) -> None:
    pki = own_proxy.pki
    revocation = RevocationListCheck(pki, own_proxy.nginx.pid_file)
    pki.publish_revocation_lists(timedelta(days=2))
    await revocation.check()
    assert pki.revocation_lists_end() > datetime.now(UTC) + timedelta(days=6)
    assert pki.enforced()
    assert not caplog.records


async def test_lists_that_cannot_be_renewed_in_time_are_logged(
    own_proxy: Proxy, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    pki = own_proxy.pki
    pki.publish_revocation_lists(timedelta(hours=2))

    def full_disk(*_: object) -> None:
        raise OSError("No space left on device")

    monkeypatch.setattr(pki, "refresh_revocation_lists", full_disk)
    RevocationListCheck(pki, own_proxy.nginx.pid_file).renew(datetime.now(UTC))
    assert "revocation_lists.not_renewed" in caplog.text
    assert "revocation_lists.expire_soon" in caplog.text


async def test_a_killed_nginx_is_started_again_and_accepts_clients(own_proxy: Proxy) -> None:
    supervised = own_proxy.supervisor.process("nginx")
    await supervised.kill()
    await asyncio.wait_for(supervised.until_ready(), 10)
    assert not await refused(own_proxy)


async def test_clients_of_a_revoked_intermediate_authority_are_refused(own_proxy: Proxy) -> None:
    own_proxy.pki.revoke_intermediate()
    await reload(own_proxy.nginx.pid_file)
    assert await refused(own_proxy)
