"""The errors of this package, and the selection of the driver's errors after which the same work may succeed later."""

from asyncpg import InterfaceError, PostgresConnectionError
from asyncpg.exceptions import (
    DeadlockDetectedError,
    IdleInTransactionSessionTimeoutError,
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
            f" set {database_variable(node)} and {database_variable(node, owner=True)}"
        )


class RoleRefused(Unavailable):
    """The role of the namespace does not exist (the tenant was removed) or was not granted to this login."""


class TransactionAborted(HaasError):
    """A statement failed, the block caught its error and ended normally, and the server rolled back at COMMIT."""


def unavailable(error: Exception, *, lost: bool) -> Unavailable | None:
    """Return the error to raise instead of `error` if the same work may succeed later, or None if it may not.

    `lost` says whether the connection is closed: an InterfaceError on an open connection is a programming error.
    """
    cause = error.driver_exception if isinstance(error, DBAPIError) and error.orig is not None else error
    if isinstance(cause, QueryCanceledError):
        return Unavailable(f"the server cancelled a statement: {cause}")
    if isinstance(cause, _TEMPORARY) or (lost and isinstance(cause, InterfaceError)):
        return Unavailable(f"the database cannot do this now: {cause}")
    return None
