"""Which deployment a command works on: what the environment says, over what a running embedded stack has written."""

import os
from collections.abc import Callable
from pathlib import Path

import click

from haas.settings import Settings, SettingsError
from ops.pki.store import Pki
from ops.stack.folder import StateFolder
from ops.stack.options import DEFAULT_STATE
from ops.stack.settings_file import read_settings

STATE_VARIABLE = "HAAS_STATE"


def state_folder() -> Path:
    """The embedded stack's folder: HAAS_STATE, or `.haas`."""
    return Path(os.environ.get(STATE_VARIABLE) or DEFAULT_STATE)


def settings() -> Settings:
    """The deployment's settings. Raises click.ClickException that says what is missing."""
    folder = StateFolder(state_folder())
    try:
        return Settings.from_environment({**read_settings(folder.settings), **os.environ})
    except SettingsError as error:
        raise click.ClickException(
            f"{error}\n  Start the embedded stack with `haas up`, or set the HAAS_ variables of a deployment."
        ) from error


def certificate_issuer(settings: Settings) -> Callable[[str], None] | None:
    """Makes a host's server certificate in the sandbox; None in production, whose certificates come from outside."""
    folder = StateFolder(state_folder())
    if settings.environment != "sandbox" or not folder.pki.exists():
        return None
    pki = Pki(folder.pki)
    return lambda host: _issue(pki, host, settings.certificates)


def _issue(pki: Pki, host: str, certificates: Path) -> None:
    pki.ensure_server(host, certificates)
