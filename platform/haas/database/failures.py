"""The errors of this package, and the list of the driver's errors after which the same work may succeed later."""

from asyncpg import InterfaceError, InternalClientError, PostgresError
from asyncpg.exceptions import InsufficientPrivilegeError, InvalidAuthorizationSpecificationError
from sqlalchemy.exc import DBAPIError

from haas.errors import HaasError, Unavailable
from haas.settings import database_variable

DRIVER_ERRORS = (OSError, InterfaceError, InternalClientError)
"""What the driver raises when it loses the connection, besides errors of the server. TimeoutError is an OSError."""

NOT_NOW = {
    "08": "the connection failed",
    "25006": "the server is read-only, as after a failover",
    "25P03": "the transaction was idle for too long",
    "40001": "a transaction could not be serialised",
    "40P01": "a deadlock",
    "53": "the server has no disk space, memory or connection left",
    "55P03": "another transaction held a lock for too long",
    "57": "the server cancelled the statement, ended the connection, or is starting or stopping",
    "58030": "the server could not read or write a file",
}
"""The SQLSTATEs, and the classes of SQLSTATEs, that do not depend on the request (PostgreSQL, appendix A).

Everything that means "not now" is in this list or in DRIVER_ERRORS. The request is answered with 503.
"""
_OF_THE_CONNECTION = ("08", "25P03", "57P01", "57P02", "57P03", "57P04", "57P05")
_OF_A_STANDBY = "25006"


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


def cause_of(error: BaseException) -> BaseException:
    """Return the driver's error that SQLAlchemy has wrapped, or `error` itself."""
    return error.driver_exception if isinstance(error, DBAPIError) and error.orig is not None else error


def not_connected(error: BaseException) -> Unavailable:
    """Return the error to raise instead of `error`, with which the server refused a connection or did not answer."""
    if isinstance(cause_of(error), InvalidAuthorizationSpecificationError | InsufficientPrivilegeError):
        return LoginRefused(f"the database refuses the login: {cause_of(error)}")
    return Unavailable(f"the database does not answer: {str(error) or type(error).__name__}")


def not_now(error: BaseException, *, lost: bool) -> Unavailable | None:
    """Return the error to raise instead of `error` if the same work may succeed later, or None if it may not.

    `lost` says whether the connection is closed: on an open connection, an error of the driver is a programming error.
    """
    cause = cause_of(error)
    if isinstance(cause, PostgresError):
        reason = NOT_NOW.get(sqlstate(cause)) or NOT_NOW.get(sqlstate(cause)[:2])
        return None if reason is None else Unavailable(f"{reason}: {cause}")
    if lost and isinstance(cause, DRIVER_ERRORS):
        return Unavailable(f"the connection was lost: {cause or type(cause).__name__}")
    return None


def ends_the_connection(error: BaseException) -> bool:
    """Return whether a connection on which `error` was raised cannot be used any more."""
    return isinstance(error, DRIVER_ERRORS) or (
        isinstance(error, PostgresError) and sqlstate(error).startswith(_OF_THE_CONNECTION)
    )


def is_of_a_standby(error: BaseException) -> bool:
    """Return whether the server refused to write because it is not the primary any more."""
    cause = cause_of(error)
    return isinstance(cause, PostgresError) and sqlstate(cause) == _OF_A_STANDBY


def sqlstate(error: PostgresError) -> str:
    """Return the SQLSTATE of an error of the server."""
    return error.sqlstate or ""
