"""The two demonstration brands."""

import pytest

from ops.demonstration import BRANDS, DemonstrationBrand
from themes.tokens import theme_from


@pytest.mark.parametrize("brand", BRANDS, ids=lambda brand: brand.slug)
def test_the_brands_themes_are_ones_that_a_tenant_may_have(brand: DemonstrationBrand) -> None:
    assert theme_from(brand.new_tenant().theme).brand_name == brand.theme.brand_name
