"""An operator and a session of the console."""

from datetime import datetime
from typing import Literal
from uuid import UUID

import msgspec

Role = Literal["viewer", "operator", "administrator"]
State = Literal["active", "disabled"]


class Operator(msgspec.Struct, frozen=True, kw_only=True):
    """A member of the provider's staff."""

    id: UUID
    issuer: str
    """The `iss` of the OpenID provider that the person signs in with."""
    subject: str
    """The `sub` of the person there."""
    name: str
    email: str | None = None
    role: Role
    state: State = "active"


class ConsoleSession(msgspec.Struct, frozen=True, kw_only=True):
    """A session that has not ended."""

    operator: Operator | None
    """Who has signed in; None before that."""
    created_at: datetime
    seen_at: datetime
