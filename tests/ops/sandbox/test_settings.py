"""The sandbox's settings."""

from pathlib import Path

import msgspec
import pytest

from haas.settings import SettingsError
from ops.sandbox.settings import SandboxSettings

COMPLETE = {
    "HAAS_ENVIRONMENT": "sandbox",
    "HAAS_SANDBOX_FOLDER": "/var/sandbox",
    "HAAS_SANDBOX_CONTROL_PORT": "4001",
    "HAAS_SANDBOX_SMTP_PORT": "4002",
    "HAAS_SANDBOX_PKI": "/var/pki",
    "HAAS_SANDBOX_STACK_FILE": "/var/stack.json",
    "HAAS_PUBLIC_PORT": "8443",
    "HAAS_HOST_MAP": '{"*.haas.localhost": "127.0.0.1"}',
}


def test_settings_are_read_from_the_environment() -> None:
    settings = SandboxSettings.from_environment(COMPLETE)
    assert settings.control_port == 4001
    assert settings.folder == Path("/var/sandbox")
    assert settings.host_map == {"*.haas.localhost": "127.0.0.1"}
    assert settings.origin("register") == "https://register.cdr-sandbox.localhost:8443"
    assert msgspec.structs.replace(settings, public_port=443).origin("a") == "https://a.cdr-sandbox.localhost"


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"HAAS_ENVIRONMENT": "production"}, "HAAS_ENVIRONMENT"),
        ({"HAAS_SANDBOX_FOLDER": ""}, "HAAS_SANDBOX_FOLDER"),
        ({"HAAS_SANDBOX_CONTROL_PORT": "many"}, "control_port"),
        ({"HAAS_HOST_MAP": "{"}, "HAAS_HOST_MAP"),
    ],
)
def test_a_wrong_setting_is_named_in_the_error(change: dict[str, str], named: str) -> None:
    with pytest.raises(SettingsError, match=named):
        SandboxSettings.from_environment({**COMPLETE, **change})
