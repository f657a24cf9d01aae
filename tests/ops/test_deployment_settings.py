"""Which deployment a command works on."""

from pathlib import Path

import pytest

from haas.settings import CommandSettings, ProvisionerSettings, SettingsError, WorkerSettings
from ops.deployment_settings import settings_of, state_folder
from ops.stack.embedded import Stack


def test_state_folder_is_named_or_here() -> None:
    assert state_folder({}) == Path(".haas")
    assert state_folder({"HAAS_STATE": "/elsewhere"}) == Path("/elsewhere")


def test_without_a_deployment_the_way_to_one_is_told(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"is not set|neither.*haas up"):
        settings_of(CommandSettings, {"HAAS_STATE": str(tmp_path / "none")})


async def test_running_stack_is_found_and_the_environment_goes_before_it(stack: Stack) -> None:
    environment = {"HAAS_STATE": str(stack.folder.root)}
    for kind in (CommandSettings, WorkerSettings, ProvisionerSettings):
        assert settings_of(kind, environment) == stack.settings.of(kind)
    changed = settings_of(CommandSettings, {**environment, "HAAS_LOG_LEVEL": "DEBUG"})
    assert changed.log_level == "DEBUG"
