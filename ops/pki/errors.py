"""Errors of the test authorities."""


class PkiError(Exception):
    """A requested certificate cannot be issued. The message contains the reason."""
