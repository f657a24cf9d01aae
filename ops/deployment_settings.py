"""The settings of the deployment that a command uses: from the environment, or of a running embedded stack.

An embedded stack writes its settings into a file of its state folder, so that commands in another shell find it.
"""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from haas.settings import Settings, SettingsError
from ops.settings_file import read_settings

STATE_VARIABLE: Final = "HAAS_STATE"
DEFAULT_STATE: Final = Path(".haas")
SETTINGS_FILE: Final = "settings.env"


def state_folder(environment: Mapping[str, str] = os.environ) -> Path:
    """Return the embedded stack's state folder: HAAS_STATE, or `.haas` in the working directory."""
    return Path(environment.get(STATE_VARIABLE) or DEFAULT_STATE)


def deployment_settings(environment: Mapping[str, str] = os.environ) -> Settings:
    """Return the settings of an embedded stack, overridden by those of the environment. Raises SettingsError."""
    written = read_settings(state_folder(environment) / SETTINGS_FILE)
    try:
        return Settings.from_environment({**written, **environment})
    except SettingsError as error:
        hint = "start the embedded stack with `haas up`, or set the HAAS_ variables of a deployment"
        raise SettingsError(f"{error}: {hint}") from error
