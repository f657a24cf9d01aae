"""Errors of the test authorities."""


class PkiError(Exception):
    """A certificate cannot be issued as asked; the message says why."""
