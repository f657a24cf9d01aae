"""The errors of backups and restores."""

from haas.errors import HaasError


class BackupError(HaasError):
    """A backup cannot be made, is not what was written, or cannot be restored. The message says what to do."""


class OutcomeUnknown(BackupError):
    """The connection was lost while a schema was loaded: it is not known whether the transaction was committed."""
