"""The way to Postgres: a transaction that is one tenant's and nobody else's."""

from haas.database.engine import Database
from haas.database.failures import PoolExhausted, RoleRefused, TransactionAborted
from haas.database.statement import Statement
from haas.database.transaction import Namespace, Transaction

__all__ = ["Database", "Namespace", "PoolExhausted", "RoleRefused", "Statement", "Transaction", "TransactionAborted"]
