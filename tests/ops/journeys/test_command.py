"""`haas record-theme`."""

from pathlib import Path

import msgspec
import pytest
from click.testing import CliRunner

from ops.cli import main
from ops.demonstration import BRANDS
from ops.preview.screenshots import chromium_path
from tests.system.browser.combinations import ALL
from themes.tokens import theme_to_json


def test_a_recording_is_never_replaced(tmp_path: Path) -> None:
    done = CliRunner().invoke(main, ["record-theme", "kestrel", "--into", str(tmp_path)])
    assert (done.exit_code, "never replaced" in done.output) == (1, True)


@pytest.mark.skipif(not ALL or chromium_path() is None, reason="starts a stack: only with HAAS_TEST_JOURNEYS=all")
def test_a_theme_in_a_file_is_recorded(tmp_path: Path) -> None:
    file, folder = tmp_path / "theme.json", tmp_path / "kept"
    file.write_bytes(msgspec.json.encode(theme_to_json(BRANDS[0].theme)))
    done = CliRunner().invoke(main, ["record-theme", "kestrel-power", "--file", str(file), "--into", str(folder)])
    assert done.exit_code == 0, done.output
    assert "phone, withdraw: 7 screens" in done.output
    assert CliRunner().invoke(main, ["recordings", "check", str(folder)]).exit_code == 0
