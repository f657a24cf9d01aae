"""The errors of this package, and the selection of the driver's errors after which the same work may succeed later."""

from asyncpg import InterfaceError, PostgresConnectionError
from asyncpg.exceptions import (
    DeadlockDetectedError,
    IdleInTransactionSessionTimeoutError,
    InsufficientPrivilegeError,
    InvalidAuthorizationSpecificationError,
    LockNotAvailableError,
    OperatorInterventionError,
    QueryCanceledError,
)
from sqlalchemy.exc import DBAPIError

from haas.errors import HaasError, Unavailable
from haas.settings import database_variable

CONNECTION_ERRORS = (
    OSError,
    InterfaceError,
    PostgresConnectionError,
    OperatorInterventionError,
    IdleInTransactionSessionTimeoutError,
)
"""The connection cannot be used any more, or the server is starting or stopping (SQLSTATE class 57)."""
_TEMPORARY = (
    PostgresConnectionError,
    OperatorInterventionError,
    IdleInTransactionSessionTimeoutError,
    DeadlockDetectedError,
    LockNotAvailableError,
)


class PoolExhausted(Unavailable):
    """No connection became free within a second."""


class UnknownNode(Unavailable):
    """The settings of this process contain no address of a database node."""

    def __init__(self, node: str) -> None:
        """Name the missing variables."""
        super().__init__(
            f"the settings hold no address for the database node {node!r}:"
            f" set {database_variable(node)} for the application and the workers, {database_variable(node, 'owner')}"
            f" for the provisioner, and {database_variable(node, 'operator')} for commands"
        )


class LoginRefused(Unavailable):
    """The login of the URL does not exist, has another password, or may not connect to the database."""


class RoleRefused(Unavailable):
    """The role of the namespace does not exist (the tenant was removed) or was not granted to this login."""


class TransactionAborted(HaasError):
    """A statement failed, the block caught its error and ended normally, and the server rolled back at COMMIT."""


def not_connected(error: Exception) -> Unavailable:
    """Return the error to raise instead of `error`, with which the server refused a connection or did not answer."""
    cause = _driver_error(error)
    if isinstance(cause, InvalidAuthorizationSpecificationError | InsufficientPrivilegeError):
        return LoginRefused(f"the database refuses the login: {cause}")
    return Unavailable(f"the database does not answer: {str(error) or type(error).__name__}")


def unavailable(error: Exception, *, lost: bool) -> Unavailable | None:
    """Return the error to raise instead of `error` if the same work may succeed later, or None if it may not.

    `lost` says whether the connection is closed: an InterfaceError on an open connection is a programming error.
    """
    cause = _driver_error(error)
    if isinstance(cause, QueryCanceledError):
        return Unavailable(f"the server cancelled a statement: {cause}")
    if isinstance(cause, _TEMPORARY) or (lost and isinstance(cause, InterfaceError)):
        return Unavailable(f"the database cannot do this now: {cause}")
    return None


def _driver_error(error: Exception) -> BaseException:
    """Return the driver's error in an error of SQLAlchemy, and any other error itself."""
    return error.driver_exception if isinstance(error, DBAPIError) and error.orig is not None else error
