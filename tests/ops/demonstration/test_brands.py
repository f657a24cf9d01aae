"""The two demonstration brands."""

import gzip
from zoneinfo import ZoneInfo

import pytest

from ops.demonstration import BRANDS, DemonstrationBrand
from ops.demonstration.brands import THEME_FOLDER
from ops.preview.samples import Screens
from tenants.registry.models import THEME_FILES
from themes.brand import brand as look_of
from themes.files import with_files
from themes.tokens import check_theme, theme_from
from themes.weight import MAXIMUM_FONT, MAXIMUM_LOGOS

MAXIMUM_BYTES = 60_000
"""What a browser loads for the first page that it sees."""


@pytest.mark.parametrize("brand", BRANDS, ids=lambda brand: brand.slug)
def test_the_themes_of_the_demonstration_brands_are_valid(brand: DemonstrationBrand) -> None:
    """Every pair of colours has enough contrast, in both schemes."""
    theme = theme_from(brand.new_tenant().theme)
    assert (theme.brand_name, theme.dark) == (brand.theme.brand_name, brand.theme.dark)
    assert theme.dark is not None


@pytest.mark.parametrize("brand", BRANDS, ids=lambda brand: brand.slug)
def test_each_brand_has_fonts_and_an_icon_and_its_pages_stay_small(brand: DemonstrationBrand) -> None:
    """Also the heaviest fonts and logos that another brand may have leave room for the style sheet and the page."""
    assert brand.files.keys() == THEME_FILES.keys()
    assert "SIL Open Font License, Version 1.1" in (THEME_FOLDER / brand.slug / "OFL.txt").read_text()
    tokens, files = with_files(brand.new_tenant().theme, brand.files)
    check_theme(brand.theme.brand_name, tokens)
    look = look_of(brand.theme.brand_name, tokens, ZoneInfo("Australia/Sydney"))
    fonts = sum(len(file.content) for file in files if file.media_type == "font/woff2")
    drawings = [drawing.encode() for drawing in look.drawings.values()]
    for name in ("3-accounts-many", "4-review", "7-arrangement-many-accounts"):
        page = Screens(look).html(name).encode()
        own = sum(len(gzip.compress(each)) for each in (page, look.css.encode()))
        assert fonts + own + sum(len(gzip.compress(each)) for each in drawings) < MAXIMUM_BYTES
        assert 2 * MAXIMUM_FONT + MAXIMUM_LOGOS + own < MAXIMUM_BYTES


def test_the_brands_share_no_font() -> None:
    fonts = [content for brand in BRANDS for token, content in brand.files.items() if token.startswith("font")]
    assert len(set(fonts)) == 2 * len(BRANDS)
