"""Access to PostgreSQL: every transaction belongs to one schema and one role on one database node."""

from haas.database.database import FEW_CONNECTIONS, Database, Purpose
from haas.database.failures import LoginRefused, PoolExhausted, RoleRefused, TransactionAborted, UnknownNode
from haas.database.statement import Statement
from haas.database.transaction import Namespace, Transaction

__all__ = [
    "FEW_CONNECTIONS",
    "Database",
    "LoginRefused",
    "Namespace",
    "PoolExhausted",
    "Purpose",
    "RoleRefused",
    "Statement",
    "Transaction",
    "TransactionAborted",
    "UnknownNode",
]
