"""The sandbox's settings, read from the environment at the start."""

from collections.abc import Mapping
from pathlib import Path
from typing import TypeVar

import msgspec

from haas.settings import HTTPS_PORT, SettingsError

Read = TypeVar("Read", bound=msgspec.Struct)


class SandboxSettings(msgspec.Struct, frozen=True, kw_only=True):
    """The settings of the sandbox. The names of their variables are in `from_environment`."""

    folder: Path
    control_port: int
    smtp_port: int
    public_port: int
    pki: Path
    stack_file: Path
    domain: str = "cdr-sandbox.localhost"
    host_map: dict[str, str] = {}
    trusted_roots: Path | None = None
    clock_file: Path | None = None
    preset_codes: Path | None = None

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> "SandboxSettings":
        """Read the settings. Raises SettingsError, also when the environment is not `sandbox`."""
        variables = {
            "folder": "HAAS_SANDBOX_FOLDER",
            "control_port": "HAAS_SANDBOX_CONTROL_PORT",
            "smtp_port": "HAAS_SANDBOX_SMTP_PORT",
            "domain": "HAAS_SANDBOX_DOMAIN",
            "pki": "HAAS_SANDBOX_PKI",
            "stack_file": "HAAS_SANDBOX_STACK_FILE",
            "public_port": "HAAS_PUBLIC_PORT",
            "host_map": "HAAS_HOST_MAP",
            "trusted_roots": "HAAS_TRUSTED_ROOTS",
            "clock_file": "HAAS_CLOCK_FILE",
            "preset_codes": "HAAS_PRESET_CODES",
        }
        return read_variables(cls, variables, environment)

    def origin(self, label: str) -> str:
        """Return the origin of the sandbox host with this first label (or labels), for example `register`."""
        host = f"{label}.{self.domain}"
        return f"https://{host}" if self.public_port == HTTPS_PORT else f"https://{host}:{self.public_port}"


def read_variables(kind: type[Read], variables: Mapping[str, str], environment: Mapping[str, str]) -> Read:
    """Return the settings of a process of the sandbox. `variables` has the name of the variable of each field.

    Raises SettingsError, also when the environment is not `sandbox`.
    """
    if environment.get("HAAS_ENVIRONMENT") != "sandbox":
        raise SettingsError("the sandbox runs with HAAS_ENVIRONMENT=sandbox only")
    values: dict[str, object] = {}
    for field in msgspec.structs.fields(kind):
        text = environment.get(variables[field.name])
        if text:
            values[field.name] = _value(field.name, text)
        elif field.required:
            raise SettingsError(f"{variables[field.name]} is not set")
    try:
        return msgspec.convert(values, kind, strict=False, dec_hook=_path)
    except msgspec.ValidationError as error:
        raise SettingsError(f"a setting of the sandbox is wrong: {error}") from error


def _value(name: str, text: str) -> object:
    if name != "host_map":
        return text
    try:
        return msgspec.json.decode(text, type=dict[str, str])
    except msgspec.DecodeError as error:
        raise SettingsError(f"HAAS_HOST_MAP is not a JSON object of host to address: {error}") from error


def _path(kind: type, value: object) -> object:
    if kind is Path and isinstance(value, str):
        return Path(value)
    raise msgspec.ValidationError(f"Expected `{kind.__name__}`")
