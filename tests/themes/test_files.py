"""Fonts and icons of a theme: what is accepted, and how pages name them."""

import struct
import zlib
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
import pytest

from ops.demonstration.themes import AURORA, BANKSIA
from ops.preview.samples import CONSUMER_NAMES, Screens
from themes.brand import brand
from themes.errors import ThemeError
from themes.files import with_files
from themes.pages import render
from themes.sites import CONSUMER
from themes.stylesheet import stylesheet
from themes.tokens import theme_from, theme_to_json
from themes.touch_icon import IconError, clean_icon
from themes.woff2 import FontError, check_font

FONTS = Path(__file__).parent / "fonts"  # squares instead of letters, made for these tests
FONT = (FONTS / "blocks.woff2").read_bytes()
PNG = b"\x89PNG\r\n\x1a\n"
LOGO = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 1 1"><path d="M0 0h1"/></svg>'


def chunk(kind: bytes, data: bytes = b"") -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def icon(
    width: int = 180, height: int = 180, *, header: bytes = b"\x08\x02\0\0\0", pixels: bytes | None = None
) -> bytes:
    rows = b"".join(b"\0" + b"\x10\x20\x30" * width for _ in range(height)) if pixels is None else pixels
    ihdr = struct.pack(">II", width, height) + header
    return PNG + chunk(b"IHDR", ihdr) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND")


def test_a_touch_icon_keeps_its_picture_only() -> None:
    plain = icon()
    with_comment = plain.replace(chunk(b"IEND"), chunk(b"tEXt", b"Author\0Kim") + chunk(b"IEND"))
    assert clean_icon(with_comment) == clean_icon(plain) == plain


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"GIF89a", "must be a PNG"),
        (icon(180, 181), "must be square"),
        (icon(16, 16), "180 to 512 pixels"),
        (icon()[:-12], "cut off"),
        (icon()[:-4], "cut off"),
        (icon()[:-1] + b"x", "checksum"),
        (icon(pixels=b"\0" * 100), "too many or too few pixels"),
        (icon(pixels=b"\0" * 10_000_000), "too many or too few pixels"),
        (icon(header=b"\x08\x02\0\0\1"), "not interlaced"),
        (icon(header=b"\x08\x03\0\0\0"), "no palette"),
        (icon(header=b"\x03\x02\0\0\0"), "depth"),
        (PNG + chunk(b"IHDR", b"short") + chunk(b"IDAT") + chunk(b"IEND"), "header"),
        (icon().replace(chunk(b"IEND"), chunk(b"IDAT", b"x" * 33_000) + chunk(b"IEND")), "32768 are allowed"),
        (PNG + chunk(b"IHDR", icon()[16:29]) + chunk(b"IDAT", b"not zlib") + chunk(b"IEND"), "cannot be unpacked"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_another_picture_is_refused_with_the_reason(content: bytes, reason: str) -> None:
    with pytest.raises(IconError, match=reason):
        clean_icon(content)


def changed(at: int, value: bytes) -> bytes:
    return FONT[:at] + value + FONT[at + len(value) :]


@pytest.mark.parametrize("name", ["blocks.woff2", "blocks-bold.woff2"])
def test_a_font_is_accepted(name: str) -> None:
    check_font((FONTS / name).read_bytes())


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"wOFF" + FONT[4:], "not a font in the form WOFF2"),
        (b"wOF2", "not a font in the form WOFF2"),
        (FONT[:-1], "is cut off"),
        (changed(4, b"ttcf"), "collection"),
        (changed(14, b"\0\1"), "header"),
        (changed(12, b"\0\x01"), "lacks tables"),
        (changed(12, b"\xff\xff"), "cannot be read|malformed|twice"),
        (changed(16, b"\x7f\0\0\0"), "when unpacked"),
        (changed(20, b"\0\1\0\0"), "outside the file"),
        (changed(20, b"\0\0\0\0"), "outside the file"),
        (changed(49, b"\x80"), "malformed number"),
        (FONT + b"\0" * 19_000, "19000 are allowed"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_another_file_is_refused_with_the_reason(content: bytes, reason: str) -> None:
    with pytest.raises(FontError, match=reason):
        check_font(content)


GLYPHS, SVG_TABLE, GASP = 10, 36, 17  # numbers of tables in a directory


def test_a_font_with_documents_or_without_outlines_is_refused() -> None:
    at = FONT.index(bytes([GLYPHS]), 48)
    with pytest.raises(FontError, match="outlines of its characters"):
        check_font(changed(at, bytes([GASP | 0x40])))  # the directory still has a second size
    with pytest.raises(FontError, match="documents in it"):
        check_font(with_table(SVG_TABLE))


def with_table(number: int) -> bytes:
    """Return the font with one more table, which is empty."""
    entry = bytes([number, 0])
    length, tables = struct.unpack_from(">I", FONT, 8)[0] + 2, struct.unpack_from(">H", FONT, 12)[0] + 1
    head = FONT[:8] + struct.pack(">IH", length, tables) + FONT[14:48]
    return head + entry + FONT[48:]


def test_all_files_of_a_theme_are_checked_and_named_by_their_digests() -> None:
    named, files = with_files({"corner_radius": 1}, {"font_regular": FONT, "touch_icon": icon()})
    assert [file.media_type for file in files] == ["font/woff2", "image/png"]
    assert named == {"corner_radius": 1, "font_regular": files[0].digest, "touch_icon": files[1].digest}
    with pytest.raises(ThemeError) as refused:
        with_files({}, {"font_regular": icon(), "touch_icon": FONT, "logo_svg": b""})
    assert [problem.partition(":")[0] for problem in refused.value.problems] == [
        "font_regular",
        "touch_icon",
        "logo_svg",
    ]


@pytest.mark.parametrize(
    ("tokens", "named"),
    [
        ({"font_regular": "font.woff2"}, "font_regular: must be the digest"),
        ({"touch_icon": "A" * 64}, "touch_icon: must be the digest"),
        ({"font_bold": "0" * 64}, "font_bold: needs font_regular"),
        ({"logo_svg": None, "logo_print_svg": LOGO}, "logo_svg: is needed"),
        ({"logo_dark_svg": "<svg/>"}, "logo_dark_svg: the logo's root"),
        ({"dark": None, "logo_dark_svg": LOGO}, "logo_dark_svg: there is no dark scheme"),
    ],
)
def test_tokens_of_files_and_logos_that_do_not_fit_are_refused(tokens: dict[str, Any], named: str) -> None:
    with pytest.raises(ThemeError, match=named):
        theme_from({**theme_to_json(AURORA), **tokens})


def test_pages_name_the_logos_the_icon_and_the_colours_of_the_banner() -> None:
    zone = ZoneInfo("Australia/Sydney")
    tokens = {**theme_to_json(AURORA), "logo_dark_svg": LOGO, "logo_print_svg": LOGO, "touch_icon": "1" * 64}
    full = brand("Aurora Energy", tokens, zone)
    page = render(full, CONSUMER, "not-found")
    [name] = full.drawings
    assert f'<source srcset="/theme/{name}" media="screen and (prefers-color-scheme: dark)">' in page
    assert f'<img class="on-paper" src="/theme/{name}" alt="">' in page
    assert f'<link rel="apple-touch-icon" href="/theme/{"1" * 64}.png">' in page
    assert AURORA.dark is not None
    for scheme, palette in (("light", AURORA.light), ("dark", AURORA.dark)):
        media = f"(prefers-color-scheme: {scheme})"
        assert f'<meta name="theme-color" content="{palette.banner}" media="{media}">' in page
    review = Screens(full).html("4-review")
    assert review.count(f'<source srcset="/theme/{name}"') == 2, "in the banner, and beside the mark of the recipient"
    plain = msgspec.structs.replace(BANKSIA, dark=None, logo_dark_svg=None)
    bare = render(brand("Banksia Power", theme_to_json(plain), zone), CONSUMER, "not-found")
    assert f'<meta name="theme-color" content="{BANKSIA.light.banner}">' in bare
    for part in ("<source", "on-paper", "apple-touch-icon", "/theme/" + "1" * 64):
        assert part not in bare


def fonts_of(**fonts: str | None) -> str:
    return stylesheet(msgspec.structs.replace(AURORA, **fonts))


def test_a_style_sheet_loads_the_fonts_and_shows_another_one_until_then() -> None:
    regular, bold = "a" * 64, "b" * 64
    both = fonts_of(font_regular=regular, font_bold=bold)
    assert both.count("@font-face") == both.count("font-display: swap") == 2
    assert f'src: url("/theme/{regular}.woff2") format("woff2"); font-weight: 100 500;' in both
    assert f'src: url("/theme/{bold}.woff2") format("woff2"); font-weight: 600 900;' in both
    assert '--font: "Font of the brand", Inter, "Segoe UI",' in both
    assert "font-weight: 400; font-display" in fonts_of(font_regular=regular)
    assert "@font-face" not in fonts_of()


def test_the_largest_page_and_its_styles_are_small_without_fonts() -> None:
    for theme in (AURORA, BANKSIA):
        look = brand(theme.brand_name, theme_to_json(theme), ZoneInfo("Australia/Sydney"))
        drawings = sum(map(len, look.drawings.values()))
        for name in CONSUMER_NAMES:
            page = Screens(look).html(name)
            assert len(page.encode()) + len(look.css.encode()) + drawings <= 60_000, name
