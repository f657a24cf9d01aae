"""The base classes of all errors that the platform raises on purpose.

These errors contain no HTTP. `apps.http.errors` turns them into a page, an OAuth error or a CDS error payload.
"""


class HaasError(Exception):
    """A request was refused, or an operation could not be done, for a known reason.

    `str(error)` is for operators. It may contain internal details and is never sent to a client.
    """


class Unavailable(HaasError):
    """Something that the request needs is not available now. The same request may succeed later."""
