"""The settings of the deployment that a command uses: from the environment, or of a running embedded stack.

An embedded stack writes its settings into files of its state folder, so that commands in another shell find them. Each
file is for one kind of process, and has only the secrets of that kind.
"""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Final, TypeVar

import msgspec

from haas.settings import (
    MAIN_NODE,
    ApplicationSettings,
    BackupSettings,
    CommandSettings,
    DatabaseUrl,
    ProvisionerSettings,
    RestoreSettings,
    Settings,
    SettingsError,
    WorkerSettings,
)
from ops.settings_file import read_settings

STATE_VARIABLE: Final = "HAAS_STATE"
DEFAULT_STATE: Final = Path(".haas")
SETTINGS_FILES: Final[Mapping[type[Settings], str]] = {
    CommandSettings: "settings.env",
    ApplicationSettings: "application.env",
    WorkerSettings: "worker.env",
    ProvisionerSettings: "provisioner.env",
    BackupSettings: "backup.env",
    RestoreSettings: "restore.env",
}
"""The files in the state folder, by the kind of process that reads them."""
Kind = TypeVar("Kind", bound=Settings)


class DeploymentSettings(WorkerSettings, frozen=True, kw_only=True):
    """The settings of all kinds together, for the embedded stack (which creates all secrets), benchmarks and tests.

    No process of a deployment reads them.
    """

    process = "the embedded stack"

    owner_database_url: DatabaseUrl
    owner_nodes: dict[str, str] = msgspec.field(default_factory=dict)
    operator_database_url: DatabaseUrl
    operator_nodes: dict[str, str] = msgspec.field(default_factory=dict)
    certificates: Path
    unavailable_pages: Path | None = None

    @property
    def owner_database_urls(self) -> dict[str, str]:
        """The address of each database node for the login that provisions and migrates."""
        return {MAIN_NODE: self.owner_database_url, **self.owner_nodes}

    @property
    def operator_database_urls(self) -> dict[str, str]:
        """The address of each database node for the login of the commands."""
        return {MAIN_NODE: self.operator_database_url, **self.operator_nodes}

    def of(self, kind: type[Kind]) -> Kind:
        """Return the settings of one kind of process."""
        return kind(**{field.name: getattr(self, field.name) for field in msgspec.structs.fields(kind)})


def state_folder(environment: Mapping[str, str] = os.environ) -> Path:
    """Return the embedded stack's state folder: HAAS_STATE, or `.haas` in the working directory."""
    return Path(environment.get(STATE_VARIABLE) or DEFAULT_STATE)


def settings_of(kind: type[Kind], environment: Mapping[str, str] = os.environ) -> Kind:
    """Return the settings of an embedded stack, overridden by those of the environment. Raises SettingsError."""
    written = read_settings(state_folder(environment) / SETTINGS_FILES[kind])
    # A secret can be set with its variable or with its file. One in the environment overrides both of the stack.
    overridden = {name.removesuffix("_FILE") for name, value in environment.items() if value}
    kept = {name: value for name, value in written.items() if name.removesuffix("_FILE") not in overridden}
    try:
        return kind.from_environment({**kept, **environment})
    except SettingsError as error:
        hint = "start the embedded stack with `haas up`, or set the HAAS_ variables of a deployment"
        raise SettingsError(f"{error}: {hint}") from error


def command_settings() -> CommandSettings:
    """Return the settings of an operator's command. Raises SettingsError."""
    return settings_of(CommandSettings)
