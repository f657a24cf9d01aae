"""`haas crl`, run as an operator runs it."""

import asyncio
from datetime import timedelta
from pathlib import Path

from click.testing import CliRunner, Result

from ops.cli import main
from tests.support.proxy import SECURE, Proxy
from tests.support.revocation_lists import Publish, publish_both


async def run(*arguments: str | Path) -> Result:
    return await asyncio.to_thread(CliRunner().invoke, main, [str(argument) for argument in arguments])


async def test_renewed_revocation_lists_are_enforced(own_proxy: Proxy, publish: Publish) -> None:
    pki = own_proxy.pki
    client = pki.issue_client("App", "Org")
    urls = [f"--url={url}" for url in publish_both(pki, publish)]
    files = (f"--authorities={pki.client_authorities_file}", f"--nginx-pid={own_proxy.nginx.pid_file}")
    command = ("crl", *urls, *files, f"--output={pki.revocation_lists_file}")
    assert (await run(*command)).output.startswith("renewed")
    assert (await run(*command)).output.startswith("unchanged")
    in_force = pki.revocation_lists_file.read_bytes()
    pki.revoke(client.serial)
    publish_both(pki, publish)
    pki.revocation_lists_file.write_bytes(in_force)
    done = await run(*command)
    assert done.output.startswith("renewed"), done.output
    answer = await own_proxy.ask(SECURE, client=client)
    assert dict(answer.json()["headers"])["haas-refused"] == "certificate-invalid"
    pki.publish_revocation_lists(timedelta(hours=3))
    publish_both(pki, publish)
    late = await run(*command)
    assert late.exit_code == 1
    assert "after that, nginx refuses every client certificate" in late.output
