"""The two demonstration brands."""

import pytest

from ops.demonstration import BRANDS, DemonstrationBrand
from themes.tokens import theme_from


@pytest.mark.parametrize("brand", BRANDS, ids=lambda brand: brand.slug)
def test_the_themes_of_the_demonstration_brands_are_valid(brand: DemonstrationBrand) -> None:
    assert theme_from(brand.new_tenant().theme).brand_name == brand.theme.brand_name
