"""Errors of the retailer's own server (C-X6). No message contains an id, a URI, or text of the server.

An error of this server is an error of the data holder: the retailer is not a secondary data holder.
"""

from typing import Literal

from haas.errors import Busy, HaasError, TimedOut, Unavailable

WithheldReason = Literal["unknown", "closed", "refused"]


class UpstreamUnavailable(Unavailable):
    """The server gave no answer that can be used."""


class UpstreamNotAuthenticated(UpstreamUnavailable):
    """The server has not accepted the credentials."""


class UpstreamTimedOut(UpstreamUnavailable, TimedOut):
    """The server did not answer in time."""


class UpstreamBusy(UpstreamUnavailable, Busy):
    """The server does not accept more requests at present (429)."""


class UpstreamNotConfigured(UpstreamUnavailable):
    """A credential for the server is missing. The message says which one."""


class UpstreamWithheld(HaasError):
    """The server does not give the data of an account, a customer or a user.

    `reason` is `unknown` for 404, `closed` for 409, and `refused` for 403 with `refused`. Then `code` is the server's
    reason code (`messages.RefusalCode`), or None if it gave none.
    """

    def __init__(self, operation: str, reason: WithheldReason, code: str | None = None) -> None:
        """Take the name of the operation, and why it gives no data."""
        super().__init__(f"{operation}: {reason}" + (f" ({code})" if code else ""))
        self.reason = reason
        self.code = code
