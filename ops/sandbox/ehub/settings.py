"""The settings of the e-Hub's process, read from the environment at the start."""

from collections.abc import Mapping
from pathlib import Path

import msgspec

from ops.sandbox.settings import read_variables


class EHubProcessSettings(msgspec.Struct, frozen=True, kw_only=True):
    """The settings of the process. The names of their variables are in `from_environment`."""

    folder: Path
    control_port: int
    public_port: int
    pki: Path
    domain: str = "cdr-sandbox.localhost"
    clock_file: Path | None = None

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> "EHubProcessSettings":
        """Read the settings. Raises SettingsError, also when the environment is not `sandbox`."""
        variables = {
            "folder": "HAAS_SANDBOX_FOLDER",
            "control_port": "HAAS_EHUB_CONTROL_PORT",
            "public_port": "HAAS_PUBLIC_PORT",
            "pki": "HAAS_SANDBOX_PKI",
            "domain": "HAAS_SANDBOX_DOMAIN",
            "clock_file": "HAAS_CLOCK_FILE",
        }
        return read_variables(cls, variables, environment)

    @property
    def host(self) -> str:
        """The host name of the e-Hub."""
        return f"ehub.{self.domain}"

    @property
    def page_host(self) -> str:
        """The host name of the page for persons. Browsers have no certificate of the market."""
        return f"market.{self.domain}"
