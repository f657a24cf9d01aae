"""`haas record-theme`."""

import hashlib
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
import pytest
from click.testing import CliRunner

from haas.progress import Progress
from ops.cli import main
from ops.cli.recordings import MANIFEST, RecordedTheme, RecordingManifest
from ops.demonstration import BRANDS
from ops.demonstration.brands import DemonstrationBrand
from ops.deployment import Deployment
from ops.deployment_settings import DeploymentSettings
from ops.journeys.recorded import INDEX
from ops.preview.screenshots import chromium_path
from tenants.registry.models import Tenant
from tests.ops.journeys.test_recorded import draw
from tests.support.commands import command_environment
from tests.system.browser.combinations import ALL
from themes.files import with_files
from themes.tokens import check_theme, theme_to_json

WITHOUT_DARK = msgspec.structs.replace(BRANDS[0].theme, dark=None)


class Published(NamedTuple):
    """A tenant whose first theme is published again, after a second one was. Another tenant has no theme."""

    tenant: Tenant
    second: dict[str, Any]
    """The tokens of the second theme."""
    other: Tenant


@pytest.fixture
async def published(deployment: Deployment, two_tenants: tuple[Tenant, Tenant]) -> Published:
    tenant, other = two_tenants
    administration, checked = deployment.administration, {"actor": "tests", "check_theme": check_theme}
    second: dict[str, Any] = {}
    for theme, contents in ((BRANDS[1].theme, BRANDS[1].files), (WITHOUT_DARK, {})):
        second = msgspec.json.decode(msgspec.json.encode(theme_to_json(theme)))
        tokens, files = with_files(second, contents)
        number = await administration.save_theme(tenant.slug, tokens, files=files, note=None, **checked)
        await administration.publish_theme(tenant.slug, number, **checked)
    await administration.publish_theme(tenant.slug, 1, **checked)
    return Published(await administration.find(tenant.slug), second, other)


class Recorder:
    """Stands for the browser: writes files with the names of the screens."""

    def __init__(self) -> None:
        self.brands: list[DemonstrationBrand] = []

    async def record(self, brand: DemonstrationBrand, _state: Path, folder: Path, _progress: Progress) -> None:
        self.brands.append(brand)
        for device in ("phone", "desktop"):
            draw(folder, f"{brand.slug}-{device}")
            if brand.theme.dark is not None:
                draw(folder, f"{brand.slug}-{device}-dark")


def test_the_published_theme_is_read_from_the_deployment_and_its_number_is_recorded(
    settings: DeploymentSettings, published: Published, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    slug, recorder = published.tenant.slug, Recorder()
    monkeypatch.setattr("ops.journeys.recording.record", recorder.record)
    monkeypatch.setattr("ops.journeys.command.configure", lambda _: None)  # the logs of the other tests stay
    environment = command_environment(settings, tmp_path)

    def recorded(*options: str) -> tuple[RecordedTheme | None, int]:
        folder = tmp_path / f"kept{len(recorder.brands)}"
        done = CliRunner().invoke(main, ["record-theme", slug, *options, "--into", str(folder)], env=environment)
        assert done.exit_code == 0, done.output
        manifest = msgspec.json.decode((folder / MANIFEST).read_bytes(), type=RecordingManifest)
        number = 0 if manifest.recorded_theme is None else manifest.recorded_theme.number
        assert f"version {number}, " in (folder / INDEX).read_text()
        return manifest.recorded_theme, len(manifest.recordings)

    now = published.tenant.theme
    assert recorded() == (RecordedTheme(slug, 1, digest(now)), 12), "not the newest version, and both colour schemes"
    assert recorded("--version", "2") == (RecordedTheme(slug, 2, digest(published.second)), 6)
    first, second = recorder.brands
    assert (first.theme.dark, first.files) == (BRANDS[1].theme.dark, BRANDS[1].files)
    assert (first.settings.time_zone, first.retailer) == (published.tenant.settings.time_zone, published.tenant.name)
    assert (second.theme.light, second.theme.dark, second.files) == (WITHOUT_DARK.light, None, {})
    for arguments, reason in (
        ([published.other.slug], "has no theme"),
        ([slug, "--version", "3"], "no theme with the number 3"),
        (["nobody"], "nobody"),
    ):
        into = ["--into", str(tmp_path / "refused")]
        refused = CliRunner().invoke(main, ["record-theme", *arguments, *into], env=environment)
        assert (refused.exit_code, reason in refused.output) == (1, True), refused.output
    assert (len(recorder.brands), (tmp_path / "refused").exists()) == (2, False)


def digest(tokens: dict[str, Any]) -> str:
    return hashlib.sha256(msgspec.json.encode(tokens, order="deterministic")).hexdigest()


def test_a_recording_is_never_replaced_and_a_theme_in_a_file_has_no_versions(tmp_path: Path) -> None:
    done = CliRunner().invoke(main, ["record-theme", "kestrel", "--into", str(tmp_path)])
    assert (done.exit_code, "never replaced" in done.output) == (1, True)
    (tmp_path / "theme.json").write_bytes(b"{}")
    options = ["--file", str(tmp_path / "theme.json"), "--version", "1", "--into", str(tmp_path / "new")]
    both = CliRunner().invoke(main, ["record-theme", "kestrel", *options])
    assert (both.exit_code, "has no versions" in both.output) == (2, True)


@pytest.mark.skipif(not ALL or chromium_path() is None, reason="starts a stack: only with HAAS_TEST_JOURNEYS=all")
def test_a_theme_in_a_file_is_recorded(tmp_path: Path) -> None:
    file, folder = tmp_path / "theme.json", tmp_path / "kept"
    file.write_bytes(msgspec.json.encode(theme_to_json(BRANDS[1].theme)))
    done = CliRunner().invoke(main, ["record-theme", "kestrel-power", "--file", str(file), "--into", str(folder)])
    assert done.exit_code == 0, done.output
    for scheme in ("light", "dark"):
        assert f"phone, {scheme}, withdraw: 7 screens" in done.output
    assert CliRunner().invoke(main, ["recordings", "check", str(folder)]).exit_code == 0
