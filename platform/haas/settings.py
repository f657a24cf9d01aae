"""The settings of a deployment, read once from environment variables and passed on as an immutable object.

No secret has a default. Settings of the sandbox are refused in production.
"""

import re
from base64 import urlsafe_b64decode
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Final, Literal

import msgspec
from msgspec import Meta

from haas.errors import HaasError

MASTER_KEY_BYTES = 32
HTTPS_PORT = 443
MAIN_NODE: Final = "main"
"""The database node of HAAS_DATABASE_URL, which also holds the control schema."""
_DATABASE_URL: Final = "HAAS_DATABASE_URL"
_OWNER_DATABASE_URL: Final = "HAAS_OWNER_DATABASE_URL"
_NODE: Final = re.compile(r"[A-Z][A-Z0-9_]{0,30}")
_MASTER_KEY: Final = re.compile(r"[A-Za-z0-9_-]{43}=?")
_LABEL: Final = r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?"
# The authority of a URL: [user:password@]host[:port]
_AUTHORITY: Final = r"([^@/?#\s]*@)?([A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\])(:[0-9]{1,5})?"

Host = Annotated[str, Meta(pattern=rf"^({_LABEL}\.)*{_LABEL}\Z", description="a host name in lower case")]
Port = Annotated[int, Meta(ge=1, le=65535, description="a port, 1 to 65535")]
RolePrefix = Annotated[
    str, Meta(pattern=r"^[a-z][a-z0-9_]{0,19}\Z", description="up to 20 of a-z, 0-9 and _, with a letter first")
]
DatabaseUrl = Annotated[
    str,
    Meta(
        pattern=rf"^postgres(ql)?://{_AUTHORITY}/[^/?#\s]+(\?\S*)?\Z",
        description="postgresql://user:password@host:port/database, percent-encoded",
    ),
]
RedisUrl = Annotated[
    str,
    Meta(
        pattern=rf"^(rediss?://{_AUTHORITY}(/[0-9]*)?|unix://[^\s?]+)(\?\S*)?\Z",
        description="redis://user:password@host:port/number, percent-encoded",
    ),
]
SmtpUrl = Annotated[
    str, Meta(pattern=rf"^smtps?://{_AUTHORITY}/?\Z", description="smtp://host:port or smtps://host:port")
]
SmsUrl = Annotated[str, Meta(pattern=rf"^https://{_AUTHORITY}(/\S*)?\Z", description="an https URL")]


class SettingsError(HaasError):
    """A setting is missing or wrong. The message names the variable and the expected value."""


def database_variable(node: str, *, owner: bool = False) -> str:
    """Return the name of the variable with a database node's address, for the application's or the owner's login."""
    variable = _OWNER_DATABASE_URL if owner else _DATABASE_URL
    return variable if node == MAIN_NODE else f"{variable}_{node.upper()}"


class NodeAddress(msgspec.Struct, frozen=True):
    """The URLs of a database node: for the application's login, and for the login that creates and migrates schemas."""

    url: DatabaseUrl
    owner_url: DatabaseUrl

    def __repr__(self) -> str:
        """Leave out the passwords."""
        return "NodeAddress()"

    def __rich_repr__(self) -> list[tuple[str, Any]]:
        """Leave the passwords out for rich too, which would otherwise print every field."""
        return []


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """The settings of one deployment. Each field is read from the environment variable `HAAS_<FIELD>`, in capitals.

    The exceptions are the master key, which may be in a file, and the nodes: `HAAS_DATABASE_URL_<NODE>` and
    `HAAS_OWNER_DATABASE_URL_<NODE>`.
    """

    environment: Literal["production", "sandbox"]
    domain: Host
    database_url: DatabaseUrl
    owner_database_url: DatabaseUrl
    redis_url: RedisUrl
    smtp_url: SmtpUrl
    sms_url: SmsUrl
    master_key: bytes
    certificates: Path
    public_port: Port = HTTPS_PORT
    role_prefix: RolePrefix = "haas"
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"
    nodes: dict[str, NodeAddress] = {}
    """The database nodes other than the main node, by id."""
    # Only for the sandbox:
    clock_file: Path | None = None
    host_map: dict[str, str] = {}
    trusted_roots: Path | None = None
    pinned_codes: Path | None = None

    def __repr__(self) -> str:
        """Return a text without secrets, because settings may appear in tracebacks."""
        return f"Settings(environment={self.environment!r}, domain={self.domain!r})"

    def __rich_repr__(self) -> list[tuple[str, Any]]:
        """Return the same fields for rich, which would otherwise print every field."""
        return [("environment", self.environment), ("domain", self.domain)]

    @property
    def database_urls(self) -> dict[str, str]:
        """The address of each database node for the application's login."""
        return {MAIN_NODE: self.database_url, **{node: address.url for node, address in self.nodes.items()}}

    @property
    def owner_database_urls(self) -> dict[str, str]:
        """The address of each database node for the login that creates and migrates schemas."""
        return {MAIN_NODE: self.owner_database_url, **{node: address.owner_url for node, address in self.nodes.items()}}

    def origin(self, host: str) -> str:
        """Return the origin `https://host[:port]` at which this deployment serves `host`."""
        return f"https://{host}" if self.public_port == HTTPS_PORT else f"https://{host}:{self.public_port}"

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> "Settings":
        """Read the settings from environment variables.

        Raises SettingsError if a variable is missing, malformed, or not allowed in production.
        """
        values: dict[str, Any] = {}
        for field in msgspec.structs.fields(cls):
            variable = f"HAAS_{field.name.upper()}"
            if field.name == "master_key":
                values[field.name] = _master_key(environment)
            elif field.name == "nodes":
                values[field.name] = _nodes(environment)
            elif environment.get(variable):
                values[field.name] = _converted(variable, environment[variable], field.type)
            elif field.required:
                raise SettingsError(f"{variable} is not set")
        settings = cls(**values)
        settings._refuse_sandbox_settings_in_production()
        return settings

    def _refuse_sandbox_settings_in_production(self) -> None:
        if self.environment != "production":
            return
        for name in ("clock_file", "host_map", "trusted_roots", "pinned_codes"):
            if getattr(self, name):
                raise SettingsError(
                    f"HAAS_{name.upper()} is only for the sandbox: it is refused with HAAS_ENVIRONMENT=production"
                )


def _converted(variable: str, text: str, kind: type) -> object:
    try:
        if kind == dict[str, str]:
            return msgspec.json.decode(text, type=kind)
        return msgspec.convert(text, kind, strict=False, dec_hook=_path)
    except msgspec.DecodeError as error:
        # The message does not contain the value: a URL may contain a password.
        expected = [meta.description for meta in getattr(kind, "__metadata__", ())]
        raise SettingsError(
            f"{variable} is not {expected[0]}" if expected else f"{variable} is wrong: {error}"
        ) from None


def _path(kind: type, value: object) -> object:
    return kind(value)


def _nodes(environment: Mapping[str, str]) -> dict[str, NodeAddress]:
    """Read the addresses of the nodes other than the main node. A variable's name ends with a node's id in capitals."""
    names: set[str] = set()
    for variable, value in environment.items():
        for prefix in (f"{_DATABASE_URL}_", f"{_OWNER_DATABASE_URL}_"):
            if value and variable.startswith(prefix):
                names.add(variable.removeprefix(prefix))
    return {name.lower(): _node(environment, name) for name in sorted(names)}


def _node(environment: Mapping[str, str], name: str) -> NodeAddress:
    variables = f"{_DATABASE_URL}_{name}", f"{_OWNER_DATABASE_URL}_{name}"
    if not _NODE.fullmatch(name):
        raise SettingsError(f"{variables[0]} does not end with the id of a node in capitals: A-Z, 0-9 and _")
    if name.lower() == MAIN_NODE:
        raise SettingsError(f"{variables[0]} is refused: {_DATABASE_URL} is the address of the main node")
    for variable in variables:
        if not environment.get(variable):
            raise SettingsError(f"{variable} is not set")
    url, owner_url = (_converted(variable, environment[variable], DatabaseUrl) for variable in variables)
    return NodeAddress(str(url), str(owner_url))


def _master_key(environment: Mapping[str, str]) -> bytes:
    variable, text = "HAAS_MASTER_KEY", environment.get("HAAS_MASTER_KEY")
    if not text:
        variable, file = "HAAS_MASTER_KEY_FILE", environment.get("HAAS_MASTER_KEY_FILE")
        if not file:
            raise SettingsError("neither HAAS_MASTER_KEY nor HAAS_MASTER_KEY_FILE is set")
        try:
            text = Path(file).read_text(encoding="ascii").strip()
        except (OSError, UnicodeDecodeError) as error:
            raise SettingsError(f"HAAS_MASTER_KEY_FILE cannot be read: {error}") from error
    if not _MASTER_KEY.fullmatch(text):
        raise SettingsError(f"{variable} does not contain {MASTER_KEY_BYTES} bytes in base64url")
    return urlsafe_b64decode(text.rstrip("=") + "=")
