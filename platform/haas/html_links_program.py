"""The program that reads an HTML page from standard input and writes its links as JSON. See `haas.html_links`."""

import json
import resource
import sys
from html.parser import HTMLParser

MOST_LINKS = 5_000
LONGEST_LINK = 2_000
CPU_SECONDS = 10


class _Links(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.base: str | None = None
        self.links: list[str] = []
        self._templates = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "template":
            self._templates += 1
        href = next((value for name, value in attrs if name == "href"), None)  # of equal attributes, the first counts
        if href is None or len(href) > LONGEST_LINK or self._templates:
            return
        if tag == "base" and self.base is None:
            self.base = href
        elif tag == "a" and len(self.links) < MOST_LINKS:
            self.links.append(href)

    def handle_endtag(self, tag: str) -> None:
        if tag == "template" and self._templates:
            self._templates -= 1


def _main() -> None:
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS, CPU_SECONDS))  # if nobody ends it
    page = _Links()
    page.feed(sys.stdin.buffer.read().decode("utf-8", "replace"))
    page.close()
    json.dump({"base": page.base, "links": page.links}, sys.stdout)


if __name__ == "__main__":
    _main()
