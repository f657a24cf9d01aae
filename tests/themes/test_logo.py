"""Logos are sanitized: an SVG document that contains only a drawing."""

import pytest

from themes.logo import LogoError, data_uri, sanitized

SVG = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 1 1">{}</svg>'


@pytest.mark.parametrize(
    "inside",
    [
        "<script>alert(1)</script>",
        '<path onload="alert(1)"/>',
        '<a href="https://evil.test"><path/></a>',
        '<image href="https://evil.test/x.png"/>',
        '<path fill="url(https://evil.test/#x)"/>',
        '<path style="fill: red"/>',
        "<style>path { fill: red }</style>",
        "<foreignObject/>",
        '<use href="#x"/>',
        '<path xmlns="http://evil.test/"/>',
    ],
)
def test_an_svg_with_anything_but_a_drawing_is_refused(inside: str) -> None:
    with pytest.raises(LogoError):
        sanitized(SVG.format(inside))


@pytest.mark.parametrize(
    "svg",
    [
        "not svg",
        '<!DOCTYPE svg [<!ENTITY a "b">]>' + SVG.format("<title>&a;</title>"),
        SVG.format("<![CDATA[x]]>"),
        '<svg viewBox="0 0 1 1"/>',
        '<svg xmlns="http://www.w3.org/2000/svg"/>',
        SVG.format("<path/>" * 4_000),
        SVG.format("<g>" * 1_500 + "</g>" * 1_500),
    ],
)
def test_a_document_that_is_not_a_small_svg_with_a_size_is_refused(svg: str) -> None:
    with pytest.raises(LogoError):
        sanitized(svg)


def test_comments_are_removed_from_a_drawing() -> None:
    drawing = SVG.format('<!-- by hand --><linearGradient id="g"/><path fill="url(#g)" d="M0 0"/>')
    clean = sanitized(drawing)
    assert "by hand" not in clean
    assert 'fill="url(#g)"' in clean
    assert data_uri(clean).startswith("data:image/svg+xml;base64,")
