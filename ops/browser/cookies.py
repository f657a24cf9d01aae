"""Which cookies a browser keeps."""

from http.cookiejar import Cookie, DefaultCookiePolicy
from urllib.request import Request


class BrowserCookies(DefaultCookiePolicy):
    """Python's own rules for cookies, and those for the name prefixes (RFC 6265bis 4.1.3), which Python lacks."""

    def set_ok(self, cookie: Cookie, request: Request) -> bool:
        """Whether a browser accepts the cookie from this answer; one that it ignores cannot delete another either."""
        return _prefix_ok(cookie) and super().set_ok(cookie, request)


def _prefix_ok(cookie: Cookie) -> bool:
    if cookie.name.startswith("__Host-"):
        return cookie.secure and cookie.path == "/" and not cookie.domain_specified
    return cookie.secure or not cookie.name.startswith("__Secure-")
