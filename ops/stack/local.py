"""What a command in another shell works on: the deployment that the environment names, or the embedded stack here."""

import os
from collections.abc import Callable, Mapping
from pathlib import Path

from haas.settings import Settings, SettingsError
from ops.pki.store import Pki
from ops.stack.folder import StateFolder
from ops.stack.options import DEFAULT_STATE
from ops.stack.settings_file import read_settings

STATE_VARIABLE = "HAAS_STATE"


def state_folder(environment: Mapping[str, str] = os.environ) -> Path:
    """The embedded stack's folder: HAAS_STATE, or `.haas`."""
    return Path(environment.get(STATE_VARIABLE) or DEFAULT_STATE)


def local_settings(environment: Mapping[str, str] = os.environ) -> Settings:
    """The settings in the environment, over those that the embedded stack has written. Raises SettingsError."""
    written = read_settings(StateFolder(state_folder(environment)).settings)
    try:
        return Settings.from_environment({**written, **environment})
    except SettingsError as error:
        hint = "start the embedded stack with `haas up`, or set the HAAS_ variables of a deployment"
        raise SettingsError(f"{error}: {hint}") from error


def certificate_issuer(settings: Settings) -> Callable[[str], object] | None:
    """Makes the server certificate of a host from the sandbox's authorities; None in production."""
    authorities = settings.certificates.parent / "pki"
    if settings.environment != "sandbox" or not authorities.exists():
        return None
    pki = Pki(authorities)
    return lambda host: pki.ensure_server(host, settings.certificates)
