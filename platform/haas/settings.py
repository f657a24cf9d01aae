"""The deployment's settings: read once from the environment, frozen, handed down.

There is no default for anything secret, and what belongs to the sandbox is refused in production.
"""

import base64
import binascii
from collections.abc import Mapping
from pathlib import Path
from typing import Literal

import msgspec

from haas.errors import HaasError

MASTER_KEY_BYTES = 32
HTTPS_PORT = 443


class SettingsError(HaasError):
    """A setting is missing or wrong; the message names the variable and what it should be."""


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """What one deployment is told from outside. Each field is the variable `HAAS_<FIELD>` in capitals."""

    environment: Literal["production", "sandbox"]
    domain: str
    database_url: str
    owner_database_url: str
    redis_url: str
    smtp_url: str
    sms_url: str
    master_key: bytes
    certificates: Path
    public_port: int = HTTPS_PORT
    role_prefix: str = "haas"
    log_level: str = "INFO"
    # The sandbox's alone:
    clock_file: Path | None = None
    host_map: dict[str, str] = {}
    trusted_roots: Path | None = None
    pinned_codes: Path | None = None

    def __repr__(self) -> str:
        """Name the deployment without its secrets: settings end up in tracebacks."""
        return f"Settings(environment={self.environment!r}, domain={self.domain!r})"

    def origin(self, host: str) -> str:
        """Return the origin `https://host[:port]` under which this deployment serves `host`."""
        return f"https://{host}" if self.public_port == HTTPS_PORT else f"https://{host}:{self.public_port}"

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> "Settings":
        """Read the settings from environment variables.

        Raises SettingsError that names the variable when one is missing, malformed, or not allowed in production.
        """
        values: dict[str, object] = {}
        for field in msgspec.structs.fields(cls):
            variable = f"HAAS_{field.name.upper()}"
            if field.name == "master_key":
                values[field.name] = _master_key(environment)
            elif environment.get(variable):
                values[field.name] = _parsed(field.name, environment[variable])
            elif field.required:
                raise SettingsError(f"{variable} is not set")
        try:
            settings = msgspec.convert(values, cls, strict=False, builtin_types=(bytes,), dec_hook=_path)
        except msgspec.ValidationError as error:
            raise SettingsError(f"a HAAS_ setting is wrong: {error}") from error
        settings._refuse_sandbox_settings_in_production()  # noqa: SLF001 - its own method
        return settings

    def _refuse_sandbox_settings_in_production(self) -> None:
        if self.environment != "production":
            return
        for name in ("clock_file", "host_map", "trusted_roots", "pinned_codes"):
            if getattr(self, name):
                raise SettingsError(
                    f"HAAS_{name.upper()} is the sandbox's and is refused with HAAS_ENVIRONMENT=production"
                )


def _parsed(name: str, text: str) -> object:
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


def _master_key(environment: Mapping[str, str]) -> bytes:
    text, file = environment.get("HAAS_MASTER_KEY"), environment.get("HAAS_MASTER_KEY_FILE")
    if not text and not file:
        raise SettingsError("neither HAAS_MASTER_KEY nor HAAS_MASTER_KEY_FILE is set")
    if not text:
        try:
            text = Path(str(file)).read_text(encoding="ascii").strip()
        except (OSError, UnicodeDecodeError) as error:
            raise SettingsError(f"HAAS_MASTER_KEY_FILE cannot be read: {error}") from error
    try:
        key = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except (binascii.Error, ValueError) as error:
        raise SettingsError("the master key is not base64url") from error
    if len(key) != MASTER_KEY_BYTES:
        raise SettingsError(f"the master key has {len(key)} bytes; it must have {MASTER_KEY_BYTES}")
    return key
