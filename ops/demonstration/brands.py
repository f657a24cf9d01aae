"""The demonstration brands: two different retailers, each with one holder of the demonstration data."""

from collections.abc import Mapping
from pathlib import Path
from typing import Final

import msgspec

from ops.demonstration.themes import AURORA, BANKSIA
from tenants.registry.models import THEME_FILES, NewTenant, TenantSettings
from themes.tokens import ThemeTokens, theme_to_json

REGISTER_ENVIRONMENT: Final = "sandbox"
THEME_FOLDER: Final = Path(__file__).parent / "theme_files"
_SUFFIXES: Final = {"font/woff2": "woff2", "image/png": "png"}


class DemonstrationBrand(msgspec.Struct, frozen=True, kw_only=True):
    """One brand. `holder` is the index of its holder in the demonstration data.

    `files` has the contents of the fonts and the icon of the theme, by token. `is_on_other_servers` says that its data
    is not in its schema: it is read from its retailer's own server and from AEMO.
    """

    slug: str
    retailer: str
    register_brand_id: str
    theme: ThemeTokens
    files: Mapping[str, bytes] = {}
    settings: TenantSettings
    holder: int
    is_on_other_servers: bool = False

    def new_tenant(self) -> NewTenant:
        """Return the values from which provisioning creates the brand, without the files of its theme."""
        return NewTenant(
            slug=self.slug,
            name=self.theme.brand_name,
            retailer=self.retailer,
            register_environment_id=REGISTER_ENVIRONMENT,
            register_brand_id=self.register_brand_id,
            theme=theme_to_json(self.theme),
            settings=self.settings,
        )


def _theme_files(slug: str) -> dict[str, bytes]:
    """Return the contents of the fonts and the icon of a brand, by token. Their licences are beside them."""
    folder = THEME_FOLDER / slug
    return {token: (folder / f"{token}.{_SUFFIXES[kind]}").read_bytes() for token, kind in THEME_FILES.items()}


BRANDS: Final = (
    DemonstrationBrand(
        slug="aurora",
        retailer="Aurora Energy Retail Pty Ltd",
        register_brand_id="5f1b6c3e-8d1c-4f0a-9a55-0c7f3f6a1e01",
        theme=AURORA,
        files=_theme_files("aurora"),
        settings=TenantSettings(time_zone="Australia/Sydney"),
        holder=0,
    ),
    DemonstrationBrand(
        slug="banksia",
        retailer="Banksia Power Holdings Ltd",
        register_brand_id="c2a4d9f7-52be-4b7e-8f36-6f0e1d9b7a02",
        theme=BANKSIA,
        files=_theme_files("banksia"),
        settings=TenantSettings(time_zone="Australia/Brisbane"),
        holder=1,
        is_on_other_servers=True,
    ),
)
