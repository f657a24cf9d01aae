"""The preview of a theme has every page of the consumers, in every state and in each colour scheme."""

import os
import re
import struct
from pathlib import Path
from typing import Any, get_args
from zoneinfo import ZoneInfo

import msgspec
import pytest
from click.testing import CliRunner, Result

from haas.progress import NO_PROGRESS
from ops.cli import main
from ops.demonstration.themes import AURORA, BANKSIA
from ops.preview.files import DEVICES, MAIL, write_preview
from ops.preview.samples import CONSUMER_NAMES, SCREENS, Screens
from ops.preview.screenshots import chromium_path, take_pictures
from themes import pages
from themes.brand import brand
from themes.lint import TEMPLATES
from themes.logo import sanitized
from themes.tokens import ThemeTokens, theme_to_json

PART = re.compile(r"{% (?:extends|import|include|from) \"([^\"]+)\"")


def preview(folder: Path, theme: ThemeTokens, *options: str, **changes: Any) -> Result:
    file = folder / "theme.json"
    file.write_bytes(msgspec.json.encode({**theme_to_json(theme), **changes}))
    return CliRunner().invoke(main, ["theme", "preview", "--file", str(file), "--into", str(folder / "look"), *options])


def test_every_template_and_every_message_of_consumers_has_a_screen() -> None:
    """So a new page cannot be forgotten."""
    files = {str(file.relative_to(TEMPLATES)): file.read_text(encoding="utf-8") for file in TEMPLATES.rglob("*.jinja")}
    parts = {name for text in files.values() for name in PART.findall(text)}
    of_consumers = {name for name in files if name.startswith(("consent/", "dashboard/"))} - parts
    assert of_consumers
    shown = {f"{SCREENS[name][0]}.html.jinja" for name in CONSUMER_NAMES if name in SCREENS}
    assert shown == of_consumers
    assert {f"9-{kind}" for kind in get_args(pages.MessageKind)} <= set(CONSUMER_NAMES)


def test_every_page_is_written_in_both_schemes(tmp_path: Path) -> None:
    done = preview(tmp_path, AURORA)
    assert done.exit_code == 0, done.output
    look = tmp_path / "look"
    assert AURORA.logo_print_svg is not None
    [drawing] = (look / "theme").iterdir()
    assert drawing.read_text(encoding="utf-8") == sanitized(AURORA.logo_print_svg)
    index = (look / "index.html").read_text(encoding="utf-8")
    styles = {scheme: (look / f"{scheme}.css").read_text(encoding="utf-8") for scheme in ("light", "dark")}
    assert AURORA.dark is not None
    assert f"--canvas: {AURORA.dark.canvas}" in styles["dark"]
    assert f"--canvas: {AURORA.dark.canvas}" not in styles["light"]
    assert not any("prefers-color-scheme" in style for style in styles.values())
    names = {"light": {*CONSUMER_NAMES, MAIL}, "dark": set(CONSUMER_NAMES)}
    for scheme, expected in names.items():
        frames = {file.name.removesuffix(".frames.html") for file in (look / scheme).glob("*.frames.html")}
        files = {file.stem for file in (look / scheme).glob("*.html") if not file.name.endswith(".frames.html")}
        assert files == frames == expected
        assert {name for name in expected if f'href="{scheme}/{name}.html"' in index} == expected
        page = (look / scheme / "7-arrangement.html").read_text(encoding="utf-8")
        assert f'<link rel="stylesheet" href="../{scheme}.css">' in page
        assert f'<meta name="color-scheme" content="{scheme}">' in page
    written = (look / "light" / "4-review.html").read_text(encoding="utf-8")
    assert "brand.<wbr>example" in written
    made = brand(AURORA.brand_name, theme_to_json(AURORA), ZoneInfo("Australia/Sydney"))
    usual = Screens(made, "brand.example").html("4-review")
    assert written.partition("<body>")[2] == usual.partition("<body>")[2].replace('="/theme/', '="../theme/')


def test_a_theme_without_a_dark_scheme_has_light_pages(tmp_path: Path) -> None:
    assert preview(tmp_path, BANKSIA, dark=None, logo_dark_svg=None).exit_code == 0
    assert sorted(path.name for path in (tmp_path / "look").iterdir()) == ["index.html", "light", "light.css"]


def test_what_cannot_be_shown_is_refused(tmp_path: Path) -> None:
    refused = preview(tmp_path, AURORA, texts={"abn": "1"})
    assert "texts.abn" in refused.output
    assert not (tmp_path / "look").exists()
    (tmp_path / "look").mkdir()
    (tmp_path / "look" / "mine.txt").touch()
    refused = preview(tmp_path, AURORA)
    assert "has files already" in refused.output
    assert [file.name for file in (tmp_path / "look").iterdir()] == ["mine.txt"]
    both = preview(tmp_path, AURORA, "kestrel")
    assert "either a tenant or a file" in both.output


def test_pictures_are_taken_of_whole_pages_on_both_devices(tmp_path: Path) -> None:
    if chromium_path() is None:
        if os.environ.get("HAAS_REQUIRE_BROWSER"):
            pytest.fail("no Chromium is installed, and HAAS_REQUIRE_BROWSER is set")
        pytest.skip("no Chromium is installed: no pictures can be taken")
    made = brand(AURORA.brand_name, theme_to_json(AURORA), ZoneInfo("Australia/Sydney"))
    written = [page for page in write_preview(Screens(made), tmp_path, "brand.test") if page.name == "4-review"]
    assert take_pictures(tmp_path, written, NO_PROGRESS) == 4
    sizes = {}
    for file in tmp_path.glob("*/4-review.*.png"):
        width, height = struct.unpack(">II", file.read_bytes()[16:24])
        sizes[f"{file.parent.name} {file.name.split('.')[1]}"] = width
        assert height > DEVICES[file.name.split(".")[1]][1], "the whole page, not what a window shows"
    assert sizes == {"light phone": 390, "light desktop": 1280, "dark phone": 390, "dark desktop": 1280}
    light, dark = ((tmp_path / scheme / "4-review.phone.png").read_bytes() for scheme in ("light", "dark"))
    assert light != dark


def test_without_chromium_there_are_pages_and_a_reason(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    done = preview(tmp_path, BANKSIA, "--screenshots")
    assert done.exit_code == 1
    assert "no Chromium is installed" in done.output
    assert (tmp_path / "look" / "index.html").exists()
