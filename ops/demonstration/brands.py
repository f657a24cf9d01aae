"""The demonstration brands: two different retailers, each with one holder of the demonstration data."""

from typing import Final

import msgspec

from ops.demonstration.themes import AURORA, BANKSIA
from tenants.registry.models import NewTenant, TenantSettings
from themes.tokens import ThemeTokens, theme_to_json

REGISTER_ENVIRONMENT: Final = "sandbox"


class DemonstrationBrand(msgspec.Struct, frozen=True, kw_only=True):
    """One brand. `holder` is the index of its holder in the demonstration data.

    `is_on_other_servers` says that its data is not in its schema: it is read from its retailer's own server and from
    AEMO.
    """

    slug: str
    retailer: str
    register_brand_id: str
    theme: ThemeTokens
    settings: TenantSettings
    holder: int
    is_on_other_servers: bool = False

    def new_tenant(self) -> NewTenant:
        """Return the values from which provisioning creates the brand."""
        return NewTenant(
            slug=self.slug,
            name=self.theme.brand_name,
            retailer=self.retailer,
            register_environment_id=REGISTER_ENVIRONMENT,
            register_brand_id=self.register_brand_id,
            theme=theme_to_json(self.theme),
            settings=self.settings,
        )


BRANDS: Final = (
    DemonstrationBrand(
        slug="aurora",
        retailer="Aurora Energy Retail Pty Ltd",
        register_brand_id="5f1b6c3e-8d1c-4f0a-9a55-0c7f3f6a1e01",
        theme=AURORA,
        settings=TenantSettings(time_zone="Australia/Sydney"),
        holder=0,
    ),
    DemonstrationBrand(
        slug="banksia",
        retailer="Banksia Power Holdings Ltd",
        register_brand_id="c2a4d9f7-52be-4b7e-8f36-6f0e1d9b7a02",
        theme=BANKSIA,
        settings=TenantSettings(time_zone="Australia/Brisbane"),
        holder=1,
        is_on_other_servers=True,
    ),
)
