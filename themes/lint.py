"""Rules for all templates, checked by `make lint` (`python -m themes.lint`).

Pages: forms contain the form token. Fields have an id and a label, buttons have an id and a type, and images have an
alternative text. Templates contain no scripts, no inline styles and nothing from other sites, and escape all values.

Emails and documents: they may have inline styles, and contain no links and nothing that is loaded. They escape all
values. A document is a file that a person is given; its styles are in it.
"""

import re
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Final, NamedTuple

TEMPLATES: Final = Path(__file__).parent / "templates"
_COMMENT = re.compile(r"\{#.*?#\}", re.DOTALL)
_TAG = re.compile(r"<(?P<name>[a-z][a-z0-9]*)(?P<attributes>(?:\{\{.*?\}\}|\{%.*?%\}|\"[^\"]*\"|[^>\"])*)>", re.DOTALL)
_MESSAGE = re.compile(r"\b(?:_|gettext|ngettext)\((?!\s*\")")
_WHOLE_THEME = re.compile(r"\bbrand\.(?:theme|texts)\b")
_FORM = re.compile(r"<form\b.*?</form>", re.DOTALL)
_LABEL = re.compile(r"<label\b[^>]*\bfor=\"(?P<id>[^\"]+)\"", re.DOTALL)


class TemplateFinding(NamedTuple):
    """A violation of a rule in a template."""

    line: int
    message: str


Rule = Callable[[str], Iterator[TemplateFinding]]


def _unescaped(text: str) -> Iterator[TemplateFinding]:
    """All values are escaped: there is no `safe` filter, no `autoescape` block and no `Markup`."""
    for found in re.finditer(r"\|\s*safe\b|autoescape|Markup", text):
        yield TemplateFinding(_line(text, found.start()), f"{found.group().strip()} turns escaping off")


def _messages(text: str) -> Iterator[TemplateFinding]:
    """A message is a literal: a message is not escaped, and only literals get into the catalogue."""
    for found in _MESSAGE.finditer(text):
        yield TemplateFinding(_line(text, found.start()), f"{found.group().strip()} needs a literal in double quotes")


def _scripts_and_styles(text: str) -> Iterator[TemplateFinding]:
    """There are no scripts and no inline styles: the content security policy would block them."""
    pattern = r"<script\b|<style\b|<iframe\b|<object\b|<embed\b|\sstyle=|\son[a-z]+=|javascript:"
    for found in re.finditer(pattern, text):
        yield TemplateFinding(_line(text, found.start()), f"{found.group().strip()} is not allowed")


def _other_sites(text: str) -> Iterator[TemplateFinding]:
    """Nothing is loaded from another site, and no form is sent to one."""
    for found in re.finditer(r"\b(?:src|srcset|action|formaction)=\"(?:https?:)?//", text):
        yield TemplateFinding(_line(text, found.start()), "loads from, or sends to, another site")


def _forms(text: str) -> Iterator[TemplateFinding]:
    """A form is sent with POST and contains the form token."""
    for found in _FORM.finditer(text):
        line = _line(text, found.start())
        if 'method="post"' not in found.group():
            yield TemplateFinding(line, "a form must be sent with POST")
        if "parts.form_token(form_token)" not in found.group():
            yield TemplateFinding(line, "a form must contain the form token")


def _fields(text: str) -> Iterator[TemplateFinding]:
    """Fields have an id and a label, buttons have an id and a type, images have an alternative text."""
    labels = {found.group("id") for found in _LABEL.finditer(text)}
    for found in _TAG.finditer(text):
        name, attributes, line = found.group("name"), found.group("attributes"), _line(text, found.start())
        identity = re.search(r"\bid=\"([^\"]+)\"", attributes)
        if name in {"input", "select", "textarea"} and 'type="hidden"' not in attributes:
            if identity is None or identity.group(1) not in labels:
                yield TemplateFinding(line, f"<{name}> must have an id and a label for it")
        elif name == "button" and (identity is None or "type=" not in attributes):
            yield TemplateFinding(line, "<button> must have an id and a type")
        elif name == "img" and "alt=" not in attributes:
            yield TemplateFinding(line, "<img> must have an alternative text")


def _ids(text: str) -> Iterator[TemplateFinding]:
    """An id occurs only once in a template. The branches of conditions are not checked."""
    straight = re.sub(r"\{% if .*?\{% endif %\}", "", text, flags=re.DOTALL)
    seen: set[str] = set()
    for found in re.finditer(r"\bid=\"([^\"{]+)\"", straight):
        if found.group(1) in seen:
            yield TemplateFinding(_line(text, text.find(found.group())), f"the id {found.group(1)} is used twice")
        seen.add(found.group(1))


def _links_and_loads(text: str) -> Iterator[TemplateFinding]:
    """An email has no form, no picture and no script, and its styles load nothing. Only its text can have a link."""
    pattern = r"<(?:a|area|base|form|iframe|img|input|link|object|script|style|svg)\b|\b(?:href|src|srcset)=|url\("
    for found in re.finditer(pattern, text.replace(_LINK_OF_THE_TEXT, " " * len(_LINK_OF_THE_TEXT))):
        yield TemplateFinding(_line(text, found.start()), f"{found.group()} is not allowed in an email")


def _other_files(text: str) -> Iterator[TemplateFinding]:
    """A document needs no other file: it has no form, link, picture or script, and its styles load nothing."""
    pattern = r"<(?:a|area|base|form|iframe|img|input|link|object|script|svg)\b|\b(?:href|src|srcset)=|url\("
    for found in re.finditer(pattern, text):
        yield TemplateFinding(_line(text, found.start()), f"{found.group()} is not allowed in a document")


def _theme(text: str) -> Iterator[TemplateFinding]:
    """Texts of a theme come from `texts`, which has only those that may stand at the place of the page (K-22)."""
    for found in _WHOLE_THEME.finditer(text):
        yield TemplateFinding(_line(text, found.start()), f"{found.group()} gives texts at every place: use texts")


_LINK_OF_THE_TEXT: Final = '<a href="{{ line }}"'
MAIL_RULES: Final[Sequence[Rule]] = (_unescaped, _messages, _links_and_loads, _theme)
DOCUMENT_RULES: Final[Sequence[Rule]] = (_unescaped, _messages, _other_files, _ids, _theme)
RULES: Final[Sequence[Rule]] = (
    _unescaped,
    _messages,
    _scripts_and_styles,
    _other_sites,
    _forms,
    _fields,
    _ids,
    _theme,
)
_RULES_OF_FOLDERS: Final = {"mail": MAIL_RULES, "documents": DOCUMENT_RULES}
"""The rules of the templates in a folder. All others have `RULES`."""


def lint(text: str, rules: Sequence[Rule] = RULES) -> list[TemplateFinding]:
    """Return the violations in a template by line."""
    plain = _COMMENT.sub(lambda comment: "\n" * comment.group().count("\n"), text)
    return sorted(finding for rule in rules for finding in rule(plain))


def main() -> int:
    """Check every template and print the violations. Return 1 if there are any, else 0."""
    status = 0
    for file in sorted(TEMPLATES.rglob("*.jinja")):
        rules = _RULES_OF_FOLDERS.get(file.relative_to(TEMPLATES).parts[0], RULES)
        for finding in lint(file.read_text(encoding="utf-8"), rules):
            status = 1
            sys.stdout.write(f"{file.relative_to(TEMPLATES.parent.parent)}:{finding.line}: {finding.message}\n")
    return status


def _line(text: str, position: int) -> int:
    return text.count("\n", 0, position) + 1


if __name__ == "__main__":
    sys.exit(main())
