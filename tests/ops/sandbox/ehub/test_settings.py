"""The settings of the e-Hub's process."""

from pathlib import Path

import pytest

from haas.settings import SettingsError
from ops.sandbox.ehub.settings import EHubProcessSettings

COMPLETE = {
    "HAAS_ENVIRONMENT": "sandbox",
    "HAAS_SANDBOX_FOLDER": "/var/sandbox",
    "HAAS_EHUB_CONTROL_PORT": "4003",
    "HAAS_SANDBOX_PKI": "/var/pki",
    "HAAS_PUBLIC_PORT": "8443",
}


def test_settings_are_read_from_the_environment() -> None:
    settings = EHubProcessSettings.from_environment(COMPLETE)
    assert settings.folder == Path("/var/sandbox")
    assert settings.control_port == 4003
    assert settings.clock_file is None


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"HAAS_ENVIRONMENT": "production"}, "HAAS_ENVIRONMENT"),
        ({"HAAS_EHUB_CONTROL_PORT": ""}, "HAAS_EHUB_CONTROL_PORT"),
        ({"HAAS_EHUB_CONTROL_PORT": "many"}, "control_port"),
    ],
)
def test_a_wrong_setting_is_named_in_the_error(change: dict[str, str], named: str) -> None:
    with pytest.raises(SettingsError, match=named):
        EHubProcessSettings.from_environment({**COMPLETE, **change})
