"""uvicorn's protocol class, with an answer of the application for requests that the HTTP parser refuses.

nginx passes on some requests that the parser refuses: with an unknown method, with other bytes than ASCII in the path,
or with a control character in the value of a header. uvicorn would answer them with a text of its own.
"""

import re
from typing import Final

import httptools
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle

from haas.http import MALFORMED, REFUSED

# nginx writes the header fields that it sets itself before those of the client.
_TARGET: Final = re.compile(rb"[^ \r\n]+ ([!-~]+)")
_HOST: Final = re.compile(rb"\r\nHost: ([!-~]+)\r\n")
_INTERACTION_ID: Final = re.compile(rb"\r\nHAAS-Interaction-Id: ([!-~]+)\r\n")


class Protocol(HttpToolsProtocol):
    """Passes a refused request to the application as a request without a body and with the header `HAAS-Refused`."""

    _refused = False
    _received = b""

    def data_received(self, data: bytes) -> None:
        """Parse what the proxy sends. After a refused request nothing more is read: the connection is closed."""
        if not self._refused:
            self._received = data
            super().data_received(data)
            self._received = b""

    def send_400_response(self, msg: str) -> None:
        """Let the application answer: it knows the shape of errors at the host and the path of the request."""
        self._refused = True
        cycle: RequestResponseCycle | None = self.cycle
        if cycle is not None and not cycle.response_complete:
            super().send_400_response(msg)  # the application is already answering this request
            return
        self.parser = httptools.HttpRequestParser(self)
        self.parser.feed_data(readable_request(self._received))


def readable_request(received: bytes) -> bytes:
    """Return a request with what can be read of a malformed one: HEAD or else GET, the path, the host and the id."""
    method = b"HEAD" if received.startswith(b"HEAD ") else b"GET"
    target = _TARGET.match(received)
    lines = [b"%b %b HTTP/1.1" % (method, target[1] if target and target[1].startswith(b"/") else b"/")]
    for name, pattern in ((b"Host", _HOST), (b"HAAS-Interaction-Id", _INTERACTION_ID)):
        if found := pattern.search(received):
            lines.append(b"%b: %b" % (name, found[1]))
    return b"\r\n".join((*lines, b"%b: %b" % (REFUSED, MALFORMED), b"Connection: close", b"", b""))
