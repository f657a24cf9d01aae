"""The root of every error the domain raises on purpose.

Domain errors know no HTTP: each face maps them to its own shape (a page, an OAuth error, a CDS payload).
"""


class HaasError(Exception):
    """Something was refused or could not be done, for a reason that is known and has a name.

    `str(error)` is for operators: it may name internals, and never reaches a client.
    """


class Unavailable(HaasError):
    """A part that the platform needs did not answer in time; the same request may succeed later."""
