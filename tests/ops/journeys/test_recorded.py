"""Recording a theme: which brand shows it, and what is written beside the screens."""

from datetime import UTC, datetime
from pathlib import Path

import msgspec
import pytest
from click.testing import CliRunner

from ops.cli import main
from ops.cli.recordings import RecordedTheme, RecordingManifest
from ops.demonstration import BRANDS
from ops.journeys.recorded import INDEX, Incomplete, complete, recorded_brand
from themes.files import with_files
from themes.tokens import theme_from, theme_to_json

NOW = datetime(2026, 11, 27, 9, 5, tzinfo=UTC)
THEME = RecordedTheme("kestrel-power", 3, "d" * 64)
SCREENS = {
    "": ("identify", "one-time-password", "accounts", "review", "dashboard-stop-sharing", "dashboard-stopped"),
    "amend-": ("identify", "one-time-password", "accounts", "review"),
}


def draw(folder: Path, who: str) -> None:
    """Write a screen of each step. `who` is what their names begin with."""
    for path, screens in SCREENS.items():
        for number, screen in enumerate(screens, 1):
            (folder / f"{who}-{path}{number:02}-{screen}.png").write_bytes(screen.encode())


def test_the_recorded_brand_has_the_theme_with_its_files_and_the_name_of_the_tenant() -> None:
    shown = BRANDS[1]
    clean = theme_to_json(theme_from({**theme_to_json(shown.theme), "brand_name": "Kestrel"}))
    tokens, files = with_files(clean, shown.files)
    brand = recorded_brand("kestrel-power", "Kestrel Power", "Australia/Hobart", tokens, files)
    assert with_files(theme_to_json(brand.theme), brand.files)[0] == tokens
    assert (brand.new_tenant().slug, brand.new_tenant().name) == ("kestrel-power", "Kestrel")
    assert brand.settings.time_zone == "Australia/Hobart"


def test_the_manifest_and_the_index_say_which_version_was_recorded_and_when(tmp_path: Path) -> None:
    draw(tmp_path, "kestrel-power-phone")
    with pytest.raises(Incomplete, match="only 3 of 6 paths"):
        complete("Kestrel & Co", tmp_path, ("light",), THEME, NOW)
    draw(tmp_path, "kestrel-power-desktop")
    assert len(complete("Kestrel & Co", tmp_path, ("light",), THEME, NOW)) == 6
    with pytest.raises(Incomplete, match="only 6 of 12 paths"):
        complete("Kestrel & Co", tmp_path, ("light", "dark"), THEME, NOW)
    for device in ("phone", "desktop"):
        draw(tmp_path, f"kestrel-power-{device}-dark")
    found = complete("Kestrel & Co", tmp_path, ("light", "dark"), THEME, NOW)
    assert [each.scheme for each in found] == 2 * (["light"] * 3 + ["dark"] * 3)
    checked = CliRunner().invoke(main, ["recordings", "check", str(tmp_path)])
    assert checked.exit_code == 0, checked.output
    manifest = msgspec.json.decode((tmp_path / "recording.json").read_bytes(), type=RecordingManifest)
    assert (manifest.recorded_theme, manifest.recorded_at) == (THEME, NOW)
    index = (tmp_path / INDEX).read_text()
    for said in ("Kestrel &amp; Co", "27 November 2026 at 09:05 UTC", "kestrel-power, version 3"):
        assert said in index, said
    for heading in ("Amending, phone, light colours", "Withdrawing, desktop, dark colours"):
        assert f"<h2>{heading}</h2>" in index, heading
    assert 'href="kestrel-power-desktop-amend-04-review.png"' in index
    assert 'href="kestrel-power-desktop-dark-amend-04-review.png"' in index
