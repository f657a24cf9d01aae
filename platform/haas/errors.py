"""The base classes of all errors that the platform raises on purpose.

These errors contain nothing of HTTP. Each app maps them to its own form: a page, an OAuth error or a CDS error payload.
"""


class HaasError(Exception):
    """Something was refused or could not be done, for a known reason.

    `str(error)` is for operators. It may contain internal details and is never sent to a client.
    """


class Unavailable(HaasError):
    """Another system that is needed did not answer in time. The same request may succeed later."""
