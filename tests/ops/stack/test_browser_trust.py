"""The commands of docs/stack.md by which a browser trusts the stack, on an account without a certificate store."""

import shutil
import subprocess
from pathlib import Path

import pytest

from ops.pki.hosts import certificate_file
from ops.pki.store import Pki

DOCUMENT = Path(__file__).parents[3] / "docs" / "stack.md"


def commands() -> str:
    section = DOCUMENT.read_text(encoding="utf-8").partition("## Browser trust\n")[2]
    return section.partition("```sh\n")[2].partition("```")[0]


@pytest.mark.skipif(shutil.which("certutil") is None, reason="certutil is not installed: BROWSER TRUST WAS NOT TESTED")
def test_a_clean_account_trusts_the_test_names_and_no_others(tmp_path: Path) -> None:
    home, folder = tmp_path / "home", tmp_path / "certificates"
    state = tmp_path / ".haas" / "pki"
    for made in (home, folder, state):
        made.mkdir(parents=True)

    def run(*command: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(  # noqa: S603
            command,
            cwd=tmp_path,
            env={"HOME": str(home), "PATH": "/usr/bin:/bin"},
            capture_output=True,
            text=True,
            check=False,
        )

    for make in (Pki, _made_again):  # the second authority is new, as after `haas up --fresh`
        pki = make(state)
        done = run("sh", "-ec", commands())
        assert done.returncode == 0, done.stderr
        for host, accepted in (("aurora.haas.localhost", True), ("www.example.com", False)):
            pki.ensure_server(host, folder)
            store, file = f"sql:{home}/.pki/nssdb", certificate_file(folder, host)
            run("certutil", "-d", store, "-D", "-n", host)
            assert run("certutil", "-d", store, "-A", "-t", ",,", "-n", host, "-i", str(file)).returncode == 0
            verified = run("certutil", "-d", store, "-V", "-u", "V", "-n", host)
            assert (verified.returncode == 0) is accepted, verified.stdout + verified.stderr


def _made_again(folder: Path) -> Pki:
    shutil.rmtree(folder)
    folder.mkdir()
    return Pki(folder)
