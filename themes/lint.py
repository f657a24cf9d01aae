"""What every template of ours holds to, checked by `make lint` (`python -m themes.lint`).

Forms carry the token of the page; what can be filled in has a stable id and a label; buttons and what leads on have an
id; there is no script, no inline style, nothing from another site, and nothing that is not escaped.
"""

import re
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Final, NamedTuple

TEMPLATES: Final = Path(__file__).parent / "templates"
_COMMENT = re.compile(r"\{#.*?#\}", re.DOTALL)
_TAG = re.compile(r"<(?P<name>[a-z][a-z0-9]*)(?P<attributes>(?:\{\{.*?\}\}|\{%.*?%\}|\"[^\"]*\"|[^>\"])*)>", re.DOTALL)
_FORM = re.compile(r"<form\b.*?</form>", re.DOTALL)
_LABEL = re.compile(r"<label\b[^>]*\bfor=\"(?P<id>[^\"]+)\"", re.DOTALL)


class Finding(NamedTuple):
    """Something that a template must not hold, or lacks."""

    line: int
    message: str


def _unescaped(text: str) -> Iterator[Finding]:
    """Everything is escaped: no `safe` filter, no autoescape block, no markup from outside."""
    for found in re.finditer(r"\|\s*safe\b|autoescape|Markup", text):
        yield Finding(_line(text, found.start()), f"{found.group().strip()} turns escaping off")


def _active(text: str) -> Iterator[Finding]:
    """No script and no inline style: the content security policy would stop them."""
    pattern = r"<script\b|<style\b|<iframe\b|<object\b|<embed\b|\sstyle=|\son[a-z]+=|javascript:"
    for found in re.finditer(pattern, text):
        yield Finding(_line(text, found.start()), f"{found.group().strip()} is not allowed")


def _foreign(text: str) -> Iterator[Finding]:
    """Nothing is loaded from another site."""
    for found in re.finditer(r"\b(?:src|srcset|action|formaction)=\"(?:https?:)?//", text):
        yield Finding(_line(text, found.start()), "loads from, or sends to, another site")


def _forms(text: str) -> Iterator[Finding]:
    """A form is sent with POST and carries the token of its page."""
    for found in _FORM.finditer(text):
        line = _line(text, found.start())
        if 'method="post"' not in found.group():
            yield Finding(line, "a form must be sent with POST")
        if "parts.form_token(form_token)" not in found.group():
            yield Finding(line, "a form must carry the form token")


def _fields(text: str) -> Iterator[Finding]:
    """What can be filled in has an id and a label; buttons have an id and a type; images have an alternative."""
    labels = {found.group("id") for found in _LABEL.finditer(text)}
    for found in _TAG.finditer(text):
        name, attributes, line = found.group("name"), found.group("attributes"), _line(text, found.start())
        identity = re.search(r"\bid=\"([^\"]+)\"", attributes)
        if name in {"input", "select", "textarea"} and 'type="hidden"' not in attributes:
            if identity is None or identity.group(1) not in labels:
                yield Finding(line, f"<{name}> must have an id and a label for it")
        elif name == "button" and (identity is None or "type=" not in attributes):
            yield Finding(line, "<button> must have an id and a type")
        elif name == "img" and "alt=" not in attributes:
            yield Finding(line, "<img> must have an alternative text")


def _ids(text: str) -> Iterator[Finding]:
    """An id stands once in a template, the branches of a condition aside."""
    straight = re.sub(r"\{% if .*?\{% endif %\}", "", text, flags=re.DOTALL)
    seen: set[str] = set()
    for found in re.finditer(r"\bid=\"([^\"{]+)\"", straight):
        if found.group(1) in seen:
            yield Finding(_line(text, text.find(found.group())), f"the id {found.group(1)} is there twice")
        seen.add(found.group(1))


RULES: Final[Sequence[Callable[[str], Iterator[Finding]]]] = (_unescaped, _active, _foreign, _forms, _fields, _ids)


def lint(text: str) -> list[Finding]:
    """Return what is wrong with a template."""
    plain = _COMMENT.sub(lambda comment: "\n" * comment.group().count("\n"), text)
    return sorted(finding for rule in RULES for finding in rule(plain))


def main() -> int:
    """Lint every template; print what is wrong, and return 1 where something is."""
    wrong = 0
    for file in sorted(TEMPLATES.rglob("*.jinja")):
        for finding in lint(file.read_text(encoding="utf-8")):
            wrong = 1
            sys.stdout.write(f"{file.relative_to(TEMPLATES.parent.parent)}:{finding.line}: {finding.message}\n")
    return wrong


def _line(text: str, position: int) -> int:
    return text.count("\n", 0, position) + 1


if __name__ == "__main__":
    sys.exit(main())
