"""Which deployment a command uses."""

from pathlib import Path

import pytest

from haas.settings import SettingsError
from ops.deployment_settings import deployment_settings, state_folder
from ops.stack.embedded import Stack


def test_the_state_folder_is_taken_from_the_environment_or_is_dot_haas() -> None:
    assert state_folder({}) == Path(".haas")
    assert state_folder({"HAAS_STATE": "/elsewhere"}) == Path("/elsewhere")


def test_the_error_without_settings_says_how_to_start_a_deployment(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="start the embedded stack with `haas up`"):
        deployment_settings({"HAAS_STATE": str(tmp_path / "none")})


async def test_settings_of_the_running_stack_are_used_and_the_environment_overrides_them(stack: Stack) -> None:
    environment = {"HAAS_STATE": str(stack.folder.root)}
    assert deployment_settings(environment) == stack.settings
    changed = deployment_settings({**environment, "HAAS_LOG_LEVEL": "DEBUG"})
    assert changed.log_level == "DEBUG"
