"""Exports of design tools are cleaned: the same drawing remains, with nothing but what a logo may have."""

import re
from base64 import b64encode
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from playwright.async_api import Browser

from tests.support.chromium import running_chromium
from themes.logo import LogoError, data_uri, sanitized
from themes.logo_export import cleaned

EXPORTS = sorted((Path(__file__).parent / "logos").glob("*.svg"))
SVG = '<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" viewBox="0 0 9 9">{}</svg>'
ENTITY = "<!DOCTYPE svg [<!ENTITY {}>]>" + SVG.format("<title>{}</title>")
_NINE = "<use href='#a{}'/>" * 9
COPIES = "<path id='a0'/>" + "".join(f"<g id='a{n}'>{_NINE.replace('{}', str(n - 1))}</g>" for n in range(1, 9))


@pytest.fixture
async def chromium() -> AsyncIterator[Browser]:
    async with running_chromium() as browser:
        yield browser


@pytest.mark.parametrize("file", EXPORTS, ids=lambda file: file.stem)
def test_an_export_becomes_a_logo_that_the_strict_check_does_not_change(file: Path) -> None:
    clean = cleaned(file.read_text(encoding="utf-8"))
    assert clean == sanitized(clean) == cleaned(clean)
    assert not re.search(r"style|class|href|<!|<\?|inkscape|sodipodi|adobe|metadata|xml:", clean)


async def test_a_cleaned_export_looks_like_the_export(chromium: Browser) -> None:
    assert [file.stem for file in EXPORTS] == ["figma", "illustrator", "inkscape", "sketch"]
    page = await chromium.new_page(viewport={"width": 120, "height": 120})
    for file in EXPORTS:
        shots = []
        export = b64encode(file.read_bytes()).decode()
        for source in (f"data:image/svg+xml;base64,{export}", data_uri(cleaned(file.read_text(encoding="utf-8")))):
            await page.set_content(f'<img width="96" height="96" alt="" src="{source}">')
            await page.evaluate("document.querySelector('img').decode()")
            shots.append(await page.screenshot())
        blank = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 1 1"/>'
        await page.set_content(f'<img width="96" height="96" alt="" src="{data_uri(blank)}">')
        assert shots[0] == shots[1] != await page.screenshot(), f"the drawing of {file.name} has changed"
    await page.close()


@pytest.mark.parametrize(
    ("inside", "drawing"),
    [
        ("<style>.a{fill:red} #b{fill:blue} path{fill:lime}</style><path class='a' id='b'/>", 'id="b" fill="blue"'),
        ("<style>.a{fill:red!important}</style><path class='a' style='fill:blue'/>", 'fill="red"'),
        ("<style>/* } */ @import url(//evil.test); .a, .b{fill:red;cursor:x}</style><path class='b'/>", 'fill="red"'),
        ("<path fill='red' style='fill:url(\"#g\")'/>", 'fill="url(#g)"'),
        ("<a xlink:href='https://evil.test'><path d='M0 0'/></a>", '<g><path d="M0 0" /></g>'),
        ("<use xlink:href='#p' x='2'/><path id='p'/>", '<g transform="translate(2 0)"><path /></g><path id="p" />'),
        ("<path style='display:none'/><g visibility='hidden'><path/></g><path id='p'/>", '9"><path id="p" /></svg>'),
    ],
)
def test_styles_links_and_copies_are_written_as_a_plain_drawing(inside: str, drawing: str) -> None:
    assert drawing in cleaned(SVG.format(inside))


@pytest.mark.parametrize(
    "inside",
    [
        "<path fill='url(https://evil.test/#x)'/>",
        "<path style='fill:url(//evil.test/x)'/>",
        "<style>path{fill:url(https://evil.test/#x)}</style><path/>",
        "<style>path{fill:\\75rl(https://evil.test/#x)}</style><path/>",
        "<path xlink:href='javascript:alert(1)' href='data:text/html,evil.test'/>",
        "<use href='https://evil.test/x.svg#a'/><use href='#nothing'/>",
        "<html:script xmlns:html='http://www.w3.org/1999/xhtml'>evil.test</html:script>",
        "<animate attributeName='d' to='evil.test'/><set attributeName='href' to='https://evil.test'/>",
        "<filter id='evil.test'><feImage href='https://evil.test/x'/></filter>",
        "<?xml-stylesheet href='https://evil.test/x.css'?><!-- evil.test -->",
        "<style>@font-face{font-family:a;src:url(https://evil.test/x)}</style>",
    ],
)
def test_what_leads_out_of_the_drawing_or_moves_is_removed(inside: str) -> None:
    clean = cleaned(SVG.format(f"<circle r='1'/>{inside}"))
    assert '<circle r="1" />' in clean
    assert not re.search(r"evil|href|script|animate|set|url", clean)


@pytest.mark.parametrize(
    ("svg", "reason"),
    [
        (SVG.format("<script>alert(1)</script>"), "<script>"),
        (SVG.format('<path ONLOAD="alert(1)"/>'), "the event ONLOAD"),
        (SVG.format('<image href="https://evil.test/x.png"/>'), "a picture of pixels"),
        (SVG.format('<foreignObject><p xmlns="http://www.w3.org/1999/xhtml"/></foreignObject>'), "another document"),
        (SVG.format("<style>g > path{fill:red}</style>"), "a style for 'g > path'"),
        (SVG.format("<style>@media print{path{fill:red}}</style>"), "styles that depend on '@media print'"),
        (SVG.format('<path style="transform:none"/>'), "moves a part"),
        (SVG.format('<g id="a"><use href="#a"/></g>'), "nested more than 40 deep"),
        (SVG.format("<g>" * 60 + "</g>" * 60), "nested more than 40 deep"),
        (SVG.format(COPIES), "more than 4000 elements"),
        (SVG.format("<path/>" * 3_000), "16384 are allowed"),
        (SVG.format(f"<path id='a' d='{'M0 0' * 2_000}'/>" + "<use href='#a'/>" * 9), "more than 16384 characters"),
        (SVG.format(" " * 300_000), "an export may have 262144"),
        (ENTITY.format('a "1234567"', "&a;" * 60_000), "the entities of the logo make it too large"),
        (ENTITY.format('a "aaaaaa"><!ENTITY b "&a;&a;&a;"', "&b;"), "the entity b"),
        (ENTITY.format('a SYSTEM "file:///etc/passwd"', "&a;"), "the entity a"),
        (ENTITY.format('% a "x"', ""), "the entity a"),
        (ENTITY.format('a "<path/>"', "&a;"), "the entity a"),
        (SVG.format("\ud800"), "not well-formed"),
        ("not svg", "not well-formed"),
        ("<html/>", "must be an <svg>"),
        ('<svg xmlns="http://www.w3.org/2000/svg"/>', "with a viewBox"),
        (SVG.format("").replace("viewBox", "display='none' viewBox"), "hidden"),
    ],
)
def test_what_acts_or_leaves_a_hole_or_is_too_large_is_refused(svg: str, reason: str) -> None:
    with pytest.raises(LogoError, match=re.escape(reason)):
        cleaned(svg)
