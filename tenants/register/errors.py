"""Errors of reading from the CDR Register."""

from haas.errors import Unavailable


class RegisterUnreadable(Unavailable):
    """The Register did not answer, or its answer is invalid. The last stored data stays in use."""
