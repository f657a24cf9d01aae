"""Operators and their sessions in the console."""

from datetime import datetime
from typing import Literal
from uuid import UUID

import msgspec

OperatorRole = Literal["viewer", "operator", "administrator"]
OperatorState = Literal["active", "disabled"]


class Operator(msgspec.Struct, frozen=True, kw_only=True):
    """A member of the staff of the provider."""

    id: UUID
    issuer: str
    """The `iss` of the OpenID provider with which the person signs in."""
    subject: str
    """The `sub` of the person at this OpenID provider."""
    name: str
    email: str | None = None
    role: OperatorRole
    state: OperatorState = "active"


class ConsoleSession(msgspec.Struct, frozen=True, kw_only=True):
    """A session in the console that has not ended."""

    operator: Operator | None
    """The operator who signed in; None before the sign-in."""
    created_at: datetime
    seen_at: datetime
