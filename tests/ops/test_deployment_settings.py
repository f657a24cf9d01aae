"""Which deployment a command uses."""

from pathlib import Path

import pytest

from haas.settings import (
    BackupSettings,
    CommandSettings,
    ProvisionerSettings,
    RestoreSettings,
    SettingsError,
    WorkerSettings,
)
from ops.deployment_settings import settings_of, state_folder
from ops.stack.embedded import Stack


def test_the_state_folder_is_taken_from_the_environment_or_is_dot_haas() -> None:
    assert state_folder({}) == Path(".haas")
    assert state_folder({"HAAS_STATE": "/elsewhere"}) == Path("/elsewhere")


def test_the_error_without_settings_says_how_to_start_a_deployment(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="start the embedded stack with `haas up`"):
        settings_of(CommandSettings, {"HAAS_STATE": str(tmp_path / "none")})


async def test_settings_of_the_running_stack_are_used_and_the_environment_overrides_them(stack: Stack) -> None:
    environment = {"HAAS_STATE": str(stack.folder.root)}
    for kind in (CommandSettings, WorkerSettings, ProvisionerSettings):
        assert settings_of(kind, environment) == stack.settings.of(kind)
    if "postgres" in stack.processes():
        backup, restore = settings_of(BackupSettings, environment), settings_of(RestoreSettings, environment)
        assert f"//{stack.settings.role_prefix}_backup:" in backup.backup_database_url
        assert restore.owner_database_urls == stack.settings.owner_database_urls
        assert backup.postgres_programs == restore.postgres_programs
        assert (backup.postgres_programs or Path()).joinpath("pg_dump").exists()
    changed = settings_of(CommandSettings, {**environment, "HAAS_LOG_LEVEL": "DEBUG"})
    assert changed.log_level == "DEBUG"
