"""The settings of each kind of process, read once from environment variables and passed on as an immutable object.

A process gets only the secrets that it uses. It refuses to start with another secret, because somebody who controls the
process could read that secret. No secret has a default. Settings of the sandbox are refused in production.
"""

import re
from base64 import urlsafe_b64decode
from collections.abc import Iterator, Mapping
from collections.abc import Set as AbstractSet
from pathlib import Path
from typing import Annotated, Any, ClassVar, Final, Literal, Protocol, Self, get_args

import msgspec
from msgspec import Meta

from haas.errors import HaasError

MASTER_KEY_BYTES = 32
HTTPS_PORT = 443
MAIN_NODE: Final = "main"
"""The database node of HAAS_DATABASE_URL, which also holds the control schema."""
DatabaseLogin = Literal["application", "owner", "operator", "backup"]
"""The logins of a deployment: of its processes, of the provisioner, of the commands of an operator, and of backups."""
_DATABASE_URLS: Final[Mapping[DatabaseLogin, str]] = {
    "application": "HAAS_DATABASE_URL",
    "owner": "HAAS_OWNER_DATABASE_URL",
    "operator": "HAAS_OPERATOR_DATABASE_URL",
    "backup": "HAAS_BACKUP_DATABASE_URL",
}
_FILE: Final = "_FILE"
# The fields with the addresses of further database nodes, and the login in these addresses.
_NODES: Final[Mapping[str, DatabaseLogin]] = {
    "nodes": "application",
    "owner_nodes": "owner",
    "operator_nodes": "operator",
    "backup_nodes": "backup",
}
# The secrets by field. The value is the name of the variable, or the prefix of the names of several variables.
_SECRETS: Final = {
    "database_url": _DATABASE_URLS["application"],
    "owner_database_url": _DATABASE_URLS["owner"],
    "operator_database_url": _DATABASE_URLS["operator"],
    "backup_database_url": _DATABASE_URLS["backup"],
    **{field: f"{_DATABASE_URLS[login]}_" for field, login in _NODES.items()},
    "master_key": "HAAS_MASTER_KEY",
    "redis_url": "HAAS_REDIS_URL",
    "smtp_url": "HAAS_SMTP_URL",
    "sms_url": "HAAS_SMS_URL",
    "superuser_url": "HAAS_SUPERUSER_URL",
}
_ONLY_FOR_THE_SANDBOX: Final = ("clock_file", "host_map", "trusted_roots", "preset_codes", "database_time_factor")
_NODE: Final = re.compile(r"[A-Z][A-Z0-9_]{0,30}")
_MASTER_KEY: Final = re.compile(r"[A-Za-z0-9_-]{43}=?")
_LABEL: Final = r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?"
# The authority of a URL: [user:password@]host[:port]
_AUTHORITY: Final = r"([^@/?#\s]*@)?([A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\])(:[0-9]{1,5})?"

Host = Annotated[str, Meta(pattern=rf"^({_LABEL}\.)*{_LABEL}\Z", description="a host name in lower case")]
Port = Annotated[int, Meta(ge=1, le=65535, description="a port, 1 to 65535")]
PositiveNumber = Annotated[int, Meta(ge=1, description="a whole number, 1 or more")]
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
HealthAddress = Annotated[
    str,
    Meta(
        pattern=r"^(unix:/\S+|(127\.0\.0\.1|\[::1\]):[0-9]{1,5})\Z",
        description="unix:<absolute path> or a port on this machine, 127.0.0.1:<port>",
    ),
]
MetricsAddress = Annotated[
    str,
    Meta(
        pattern=r"^(unix:/\S+|([0-9]{1,3}(\.[0-9]{1,3}){3}|\[[0-9a-f:.]+\]):[0-9]{1,5})\Z",
        description="unix:<absolute path> or <IP address>:<port>",
    ),
]
TracesAddress = Annotated[
    str,
    Meta(pattern=rf"^https?://{_AUTHORITY}/\S*\Z", description="the http or https URL of an OTLP server"),
]
Ratio = Annotated[float, Meta(ge=0, le=1, description="a number between 0 and 1")]
_BASE: Final = r"^https://[A-Za-z0-9._:\[\]-]+(/[A-Za-z0-9._~-]+)*\Z"
HttpsBase = Annotated[str, Meta(pattern=_BASE, description="an https URL without a slash at its end")]
SmsUrl = Annotated[str, Meta(pattern=rf"^https://{_AUTHORITY}(/\S*)?\Z", description="an https URL")]


class SettingsError(HaasError):
    """A setting is missing, wrong or not allowed. The message names the variable and the expected value."""


def database_variable(node: str, login: DatabaseLogin = "application") -> str:
    """Return the name of the variable with a database node's address for a login."""
    variable = _DATABASE_URLS[login]
    return variable if node == MAIN_NODE else f"{variable}_{node.upper()}"


class OwnerSettings(Protocol):
    """The settings of code that works with the login that owns the database."""

    @property
    def role_prefix(self) -> str: ...

    @property
    def clock_file(self) -> Path | None: ...

    @property
    def owner_database_urls(self) -> dict[str, str]: ...


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """The settings that every kind of process has. They contain no secret.

    Each field is read from the environment variable `HAAS_<FIELD>`, in capitals. The value of a secret may be in the
    file that `HAAS_<FIELD>_FILE` names. The addresses of further database nodes are `HAAS_DATABASE_URL_<NODE>`,
    `HAAS_OWNER_DATABASE_URL_<NODE>` and so on.
    """

    process: ClassVar[str] = "this process"
    """Names the kind of process in messages."""

    environment: Literal["production", "sandbox"]
    domain: Host
    public_port: Port = HTTPS_PORT
    role_prefix: RolePrefix = "haas"
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"
    health: HealthAddress | None = None
    """Where the process answers `/health/live` and `/health/ready`; None if it does not answer."""
    metrics: MetricsAddress | None = None
    """Where the process answers Prometheus, `GET /metrics`; None if it does not answer."""
    metrics_tenants: PositiveNumber = 50
    """How many tenants have a label of their own in the metrics of a process. All others share the label `other`."""
    traces: TracesAddress | None = None
    """The OTLP server that gets traces, for example `http://127.0.0.1:4318/v1/traces`; None: there are none."""
    traces_ratio: Ratio = 0.01
    """What share of the requests is traced."""
    # Only for the sandbox:
    clock_file: Path | None = None
    host_map: dict[str, str] = {}
    trusted_roots: Path | None = None
    preset_codes: Path | None = None
    database_time_factor: PositiveNumber = 1
    """By what the time limits of requests to a database are multiplied, so that a slow machine can run the sandbox."""

    def __repr__(self) -> str:
        """Return a text without secrets, because settings may appear in tracebacks."""
        return f"{type(self).__name__}(environment={self.environment!r}, domain={self.domain!r})"

    def __rich_repr__(self) -> list[tuple[str, Any]]:
        """Return the same fields for rich, which would otherwise print every field."""
        return [("environment", self.environment), ("domain", self.domain)]

    def origin(self, host: str) -> str:
        """Return the origin `https://host[:port]` at which this deployment serves `host`."""
        return f"https://{host}" if self.public_port == HTTPS_PORT else f"https://{host}:{self.public_port}"

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> Self:
        """Read the settings from environment variables.

        Raises SettingsError if a variable is missing, malformed, or not allowed in production, or if there is a secret
        that this kind of process does not use.
        """
        cls._refuse_other_secrets(environment)
        values: dict[str, Any] = {}
        for field in msgspec.structs.fields(cls):
            variable = f"HAAS_{field.name.upper()}"
            if field.name in _NODES:
                values[field.name] = _nodes(environment, _DATABASE_URLS[_NODES[field.name]])
            elif field.name in _SECRETS:
                source, text = _secret(environment, variable)
                values[field.name] = (
                    _master_key(source, text) if field.name == "master_key" else _converted(source, text, field.type)
                )
            elif environment.get(variable):
                values[field.name] = _converted(variable, environment[variable], field.type)
            elif field.required:
                raise SettingsError(f"{variable} is not set")
        settings = cls(**values)
        settings._refuse_sandbox_settings_in_production()
        return settings

    @classmethod
    def select(cls, environment: Mapping[str, str]) -> dict[str, str]:
        """Return the variables of `environment` that this kind of process reads."""
        own = {field.name for field in msgspec.structs.fields(cls)}
        plain = {f"HAAS_{name.upper()}" for name in own - set(_SECRETS)}
        return {
            variable: value
            for variable, value in environment.items()
            if variable in plain or (_secret_of(variable) or "") in own
        }

    @classmethod
    def _refuse_other_secrets(cls, environment: Mapping[str, str]) -> None:
        refuse_secrets(environment, cls.process, {field.name for field in msgspec.structs.fields(cls)})

    def _refuse_sandbox_settings_in_production(self) -> None:
        if self.environment != "production":
            return
        for field in msgspec.structs.fields(Settings):
            if field.name in _ONLY_FOR_THE_SANDBOX and getattr(self, field.name) != _default(field):
                raise SettingsError(
                    f"HAAS_{field.name.upper()} is only for the sandbox: it is refused with HAAS_ENVIRONMENT=production"
                )


class ApplicationSettings(Settings, frozen=True, kw_only=True):
    """The settings of the HTTP application: the login that owns nothing, the master key, and Valkey for its counts."""

    process: ClassVar[str] = "the application"

    database_url: DatabaseUrl
    nodes: dict[str, str] = {}
    """The URLs of the database nodes other than the main node, by id."""
    master_key: bytes
    pushed_requests: PositiveNumber = 300
    """How many authorisation requests a client can push to a tenant within 90 seconds, the lifetime of a request."""
    redis_url: RedisUrl
    application_processes: PositiveNumber = 2
    """How many application processes share the traffic thresholds and, without Valkey, the requests to AEMO."""
    traffic_factor: PositiveNumber = 1
    """By what the traffic thresholds of the standards are multiplied."""
    market_status_uri: HttpsBase | None = None
    """The address below which AEMO publishes `/discovery/status` and `/discovery/outages`."""

    @property
    def database_urls(self) -> dict[str, str]:
        """The address of each database node for the application's login."""
        return {MAIN_NODE: self.database_url, **self.nodes}


class WorkerSettings(ApplicationSettings, frozen=True, kw_only=True):
    """The settings of the workers and the scheduler, which delivers by itself while there is no broker."""

    process: ClassVar[str] = "a worker or scheduler"

    smtp_url: SmtpUrl
    sms_url: SmsUrl


class ProvisionerSettings(Settings, frozen=True, kw_only=True):
    """The settings of the provisioner, the only process with both the owner's login and the master key."""

    process: ClassVar[str] = "the provisioner"

    owner_database_url: DatabaseUrl
    owner_nodes: dict[str, str] = {}
    master_key: bytes
    unavailable_pages: Path | None = None
    """The folder for the pages that nginx serves while no application answers; None: they are not written."""

    @property
    def owner_database_urls(self) -> dict[str, str]:
        """The address of each database node for the login that creates and migrates schemas."""
        return {MAIN_NODE: self.owner_database_url, **self.owner_nodes}


class CommandSettings(Settings, frozen=True, kw_only=True):
    """The settings of an operator's command, which has a login of its own and asks the provisioner for changes.

    `certificates` is the folder in which nginx finds `<host>.pem`.
    """

    process: ClassVar[str] = "a command"

    operator_database_url: DatabaseUrl
    operator_nodes: dict[str, str] = {}
    certificates: Path

    @property
    def operator_database_urls(self) -> dict[str, str]:
        """The address of each database node for the login of the commands."""
        return {MAIN_NODE: self.operator_database_url, **self.operator_nodes}


class BackupSettings(Settings, frozen=True, kw_only=True):
    """The settings of `haas backup create`, whose login may read everything and change nothing."""

    process: ClassVar[str] = "a backup"

    backup_database_url: DatabaseUrl
    backup_nodes: dict[str, str] = {}
    postgres_programs: Path | None = None
    """The folder of pg_dump, pg_restore and psql. None: they are found in PATH."""

    @property
    def backup_database_urls(self) -> dict[str, str]:
        """The address of each database node for the login of backups."""
        return {MAIN_NODE: self.backup_database_url, **self.backup_nodes}


class RestoreSettings(ProvisionerSettings, frozen=True, kw_only=True):
    """The settings of `haas restore`, which creates schemas and roles as the provisioner does."""

    process: ClassVar[str] = "a restore"

    postgres_programs: Path | None = None
    """The folder of pg_restore and psql. None: they are found in PATH."""


def refuse_secrets(environment: Mapping[str, str], process: str, own: AbstractSet[str] = frozenset()) -> None:
    """Raise SettingsError if a secret is set that is not in one of the fields `own`. `process` names the process."""
    for variable in sorted(name for name, value in environment.items() if value):
        secret = _secret_of(variable)
        if secret is not None and secret not in own:
            raise SettingsError(f"{variable} is set, and {process} must not have it: remove the variable")


def secret_variable(environment: Mapping[str, str], variable: str) -> str:
    """Return a secret from its variable, or from the file that `<variable>_FILE` names. Raises SettingsError."""
    return _secret(environment, variable)[1]


def _default(field: msgspec.structs.FieldInfo) -> object:
    return field.default_factory() if callable(field.default_factory) else field.default


def _secret_of(variable: str) -> str | None:
    """Return the field of the secret that a variable contains, or whose file it names. Return None for others."""
    name = variable.removesuffix(_FILE)
    for field, known in _SECRETS.items():
        if name.startswith(known) if field in _NODES else name == known:
            return field
    return None


def _converted(variable: str, text: str, kind: type) -> object:
    try:
        if kind == dict[str, str]:
            return msgspec.json.decode(text, type=kind)
        return msgspec.convert(text, kind, strict=False, dec_hook=_path)
    except msgspec.DecodeError as error:
        # The message does not contain the value: a URL may contain a password.
        kinds = (kind, *get_args(kind))  # a setting that may be absent has the type `… | None`
        expected = [meta.description for each in kinds for meta in getattr(each, "__metadata__", ())]
        raise SettingsError(
            f"{variable} is not {expected[0]}" if expected else f"{variable} is wrong: {error}"
        ) from None


def _path(kind: type, value: object) -> object:
    return kind(value)


def _secret(environment: Mapping[str, str], variable: str) -> tuple[str, str]:
    """Return the variable that is set, `variable` or `<variable>_FILE`, and its value or the content of its file."""
    text, file = environment.get(variable), environment.get(f"{variable}{_FILE}")
    if text and file:
        raise SettingsError(f"{variable} and {variable}{_FILE} are both set: set one of them")
    if text:
        return variable, text
    if not file:
        raise SettingsError(f"{variable} is not set, and neither is {variable}{_FILE}")
    try:
        return f"{variable}{_FILE}", Path(file).read_text(encoding="ascii").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(f"{variable}{_FILE} cannot be read: {error}") from error


def _nodes(environment: Mapping[str, str], main: str) -> dict[str, str]:
    """Read the addresses of the nodes other than the main node, whose address is in the variable `main`.

    A variable's name ends with a node's id in capitals.
    """
    return {name.lower(): _node(environment, main, name) for name in sorted(set(_node_names(environment, main)))}


def _node_names(environment: Mapping[str, str], main: str) -> Iterator[str]:
    for variable, value in environment.items():
        name = variable.removesuffix(_FILE)
        if value and name.startswith(f"{main}_"):
            yield name.removeprefix(f"{main}_")


def _node(environment: Mapping[str, str], main: str, name: str) -> str:
    variable = f"{main}_{name}"
    if not _NODE.fullmatch(name):
        raise SettingsError(f"{variable} does not end with the id of a node in capitals: A-Z, 0-9 and _")
    if name.lower() == MAIN_NODE:
        raise SettingsError(f"{variable} is refused: {main} is the address of the main node")
    return str(_converted(*_secret(environment, variable), DatabaseUrl))


def _master_key(source: str, text: str) -> bytes:
    if not _MASTER_KEY.fullmatch(text):
        raise SettingsError(f"{source} does not contain {MASTER_KEY_BYTES} bytes in base64url")
    return urlsafe_b64decode(text.rstrip("=") + "=")
