"""What a recipient is told when AEMO does not give the data, and why a list was refused.

Every error here whose cause is AEMO says so (`CdsError.is_of_secondary_holder`; CDS, Error Codes). Its detail is a text
of ours, because texts of AEMO can contain NMIs. Its status is never 401 or 403: a recipient would take that for the end
of the consent.
"""

from collections.abc import Collection
from math import ceil

from haas.errors import HaasError
from tenants.cds.errors import EXPECTED, SERVICE_UNAVAILABLE, UNEXPECTED, CdsError

_TOO_MANY_REQUESTS = 429
_GATEWAY_TIMEOUT = 504


class ServicePointsRefused(HaasError):
    """AEMO refuses to answer for some of the service points, for example because the participant is not their FRMP."""

    def __init__(self, nmis: Collection[str], code: str | None, *, is_certain: bool) -> None:
        """Take the NMIs, and AEMO's error code if it may be passed on. The message names no NMI.

        `is_certain` says that AEMO's code is about a service point. Otherwise AEMO may only have no data of it.
        """
        super().__init__(f"AEMO refuses {len(nmis)} service points: {code or 'no code'}")
        self.nmis = frozenset(nmis)
        self.code = code
        self.is_certain = is_certain


class PasswordNotChanged(HaasError):
    """AEMO has refused a new password, and still accepts the old one."""


def unavailable() -> CdsError:
    """Return Service/Unavailable: AEMO cannot be reached, or says that it is not available."""
    return _of_aemo(CdsError(SERVICE_UNAVAILABLE, "The market operator's system is not available."))


def late() -> CdsError:
    """Return status 504: AEMO did not answer in time. The same request may succeed later."""
    return _of_aemo(
        CdsError(UNEXPECTED, "The market operator's system did not answer in time.", status=_GATEWAY_TIMEOUT)
    )


def throttled(seconds: float) -> CdsError:
    """Return status 429: AEMO accepts no more requests of the retailer now. It has a Retry-After of whole seconds."""
    error = CdsError(EXPECTED, "The market operator's system limits the requests.", status=_TOO_MANY_REQUESTS)
    error.retry_after = max(1, ceil(seconds))
    return _of_aemo(error)


def unexpected() -> CdsError:
    """Return status 500: AEMO has refused our request or our credentials, or its answer cannot be used."""
    return _of_aemo(CdsError(UNEXPECTED, "The market operator's system has refused the request."))


def _of_aemo(error: CdsError) -> CdsError:
    error.is_of_secondary_holder = True
    return error
