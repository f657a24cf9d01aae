"""What a database does when it cannot: which of its errors mean "not now" rather than "wrong"."""

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

GONE = (
    OSError,
    InterfaceError,
    PostgresConnectionError,
    OperatorInterventionError,
    IdleInTransactionSessionTimeoutError,
)
"""The connection is no use any more, or the server shuts down or starts (class 57)."""
_NOT_NOW = (
    PostgresConnectionError,
    OperatorInterventionError,
    IdleInTransactionSessionTimeoutError,
    DeadlockDetectedError,
    LockNotAvailableError,
)


class PoolExhausted(Unavailable):
    """No connection came free within a second."""


class RoleRefused(Unavailable):
    """The namespace's role is not there (a tenant that was removed) or was not granted to this login."""


class TransactionAborted(HaasError):
    """A statement had failed, the work went on regardless, and COMMIT could only roll back."""


def unavailable(error: Exception, *, lost: bool) -> Unavailable | None:
    """Return what to raise in place of `error` where the same work may succeed later, None where it may not.

    `lost` tells whether the connection is closed: an InterfaceError on an open one is a mistake of ours.
    """
    cause = error.driver_exception if isinstance(error, DBAPIError) and error.orig is not None else error
    if isinstance(cause, QueryCanceledError):
        return Unavailable(f"a statement was ended before it was done: {cause}")
    if isinstance(cause, _NOT_NOW) or (lost and isinstance(cause, InterfaceError)):
        return Unavailable(f"the database could not go on: {cause}")
    return None
