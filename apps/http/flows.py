"""Where the pages of one authorisation flow are, and the cookie that ties them to a browser.

Flows are keyed by attempt, each with a cookie of its own, so that two tabs do not disturb each other.
"""

from typing import Final
from uuid import UUID

FLOW_PATH: Final = "/flow"


def flow_url(attempt_id: UUID, step: str) -> str:
    """Return the path of a step of a flow."""
    return f"{FLOW_PATH}/{attempt_id.hex}/{step}"


def cookie_name(attempt_id: UUID) -> str:
    """Return the name of a flow's cookie. Its value is a secret, of which the attempt keeps the SHA-256."""
    return f"__Host-flow-{attempt_id.hex[:12]}"
