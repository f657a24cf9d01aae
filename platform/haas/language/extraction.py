"""Writes `consumer.pot`, the catalogue of all messages, from the source code (`make strings`).

The catalogue names the files of a message and no lines, so that it changes only with its messages.
"""

import sys
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import Any, Final

from babel.messages.catalog import Catalog
from babel.messages.extract import extract
from babel.messages.pofile import write_po

from haas.language.translation import CATALOGUE

ROOT: Final = Path(__file__).parents[3]
FOLDERS: Final = ("apps", "platform/haas/language", "tenants", "themes")
_KEYWORDS: Final[dict[str, Any]] = {"_": None, "gettext": None, "gettext_noop": None, "ngettext": (1, 2)}
_TEMPLATE: Final = {"trimmed": "true", "newstyle_gettext": "true", "silent": "false"}
_HEADER: Final = """\
# Each text that a consumer reads on a page, in a mail, in a text message or in a document. `make strings` writes this
# file from the source code: do not edit it. docs/consumer-experience.md says how a text is changed, and how a language
# is added.
msgid ""
msgstr ""
"Content-Type: text/plain; charset=utf-8\\n"
"Content-Transfer-Encoding: 8bit\\n"

"""


def extracted() -> str:
    """Return the catalogue of the messages of the source code, in the form of gettext."""
    catalogue = Catalog()
    for file in _files():
        method, options = ("jinja2", _TEMPLATE) if file.suffix == ".jinja" else ("python", {})
        content = file.read_bytes()
        if method == "python" and b"gettext" not in content:
            continue
        for _, message, _, context in extract(method, BytesIO(content), keywords=_KEYWORDS, options=options):
            catalogue.add(message, locations=[(file.relative_to(ROOT).as_posix(), 0)], context=context)
    written = BytesIO()
    write_po(written, catalogue, width=120, omit_header=True, include_lineno=False)
    return _HEADER + written.getvalue().decode()


def main() -> int:
    """Write the catalogue."""
    CATALOGUE.write_text(extracted(), encoding="utf-8")
    return 0


def _files() -> Iterator[Path]:
    """Yield the modules and the templates, in the order of their paths."""
    for folder in FOLDERS:
        yield from sorted(file for file in (ROOT / folder).rglob("*") if file.suffix in {".py", ".jinja"})


if __name__ == "__main__":
    sys.exit(main())
