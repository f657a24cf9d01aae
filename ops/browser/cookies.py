"""The rules by which a browser accepts cookies."""

from http.cookiejar import Cookie, DefaultCookiePolicy
from urllib.request import Request


class BrowserCookies(DefaultCookiePolicy):
    """Python's own rules, and the rules for name prefixes (RFC 6265bis 4.1.3), which Python does not have."""

    def set_ok(self, cookie: Cookie, request: Request) -> bool:
        """Return whether a browser accepts a cookie. A cookie that is not accepted cannot delete another one either."""
        return _prefix_ok(cookie) and super().set_ok(cookie, request)


def _prefix_ok(cookie: Cookie) -> bool:
    if cookie.name.startswith("__Host-"):
        return cookie.secure and cookie.path == "/" and not cookie.domain_specified
    return cookie.secure or not cookie.name.startswith("__Secure-")
