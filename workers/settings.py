"""The start of each process of this package: its settings and its log."""

import os
import sys

from haas.logs import configure
from haas.settings import SettingsError, WorkerSettings


def read_settings() -> WorkerSettings:
    """Return the settings of this process, and begin its log. If a setting is wrong, end the process with a message."""
    try:
        settings = WorkerSettings.from_environment(os.environ)
    except SettingsError as error:
        sys.exit(f"Error: {error}")
    configure(settings.log_level)
    return settings
