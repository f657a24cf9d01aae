"""Which deployment a command works on."""

from pathlib import Path

import pytest

from haas.settings import SettingsError
from ops.deployment_settings import deployment_settings, state_folder
from ops.stack.embedded import Stack


def test_state_folder_is_named_or_here() -> None:
    assert state_folder({}) == Path(".haas")
    assert state_folder({"HAAS_STATE": "/elsewhere"}) == Path("/elsewhere")


def test_without_a_deployment_the_way_to_one_is_told(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"is not set|neither.*haas up"):
        deployment_settings({"HAAS_STATE": str(tmp_path / "none")})


async def test_running_stack_is_found_and_the_environment_goes_before_it(stack: Stack) -> None:
    environment = {"HAAS_STATE": str(stack.folder.root)}
    assert deployment_settings(environment) == stack.settings
    changed = deployment_settings({**environment, "HAAS_LOG_LEVEL": "DEBUG"})
    assert changed.log_level == "DEBUG"
