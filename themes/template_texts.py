"""The messages of templates: `{% trans %}`, and `_` for a text without values.

A message may contain elements such as `<strong>`, so it is not escaped. Its values are.

Templates are compiled once for each language. A message without values becomes a part of the compiled template, so it
costs nothing when a page is made.
"""

from typing import Any, Final

from jinja2 import Environment, nodes
from jinja2.visitor import NodeTransformer
from markupsafe import Markup, escape

from haas.language import Language, current_language

TRIMMED: Final = "ext.i18n.trimmed"
"""The policy by which a line break in a message is a space."""
_PLAIN: Final = frozenset({"_", "gettext"})


class TranslatedTemplates(Environment):
    """The templates in one language."""

    def __init__(self, language: Language, **options: Any) -> None:
        """Take the language, and the options of Jinja."""
        super().__init__(extensions=["jinja2.ext.i18n"], **options)
        self._constants = _Constants(language)
        self.policies[TRIMMED] = True
        self.newstyle_gettext = True  # of the extension: messages get their values as arguments
        self.globals.update(_=_gettext, gettext=_gettext, ngettext=_ngettext)

    def _generate(self, source: nodes.Template, *arguments: Any, **options: Any) -> str:
        """Translate a parsed template before it is compiled."""
        return super()._generate(self._constants.visit(source), *arguments, **options)


class _Constants(NodeTransformer):
    """Translates messages without values."""

    def __init__(self, language: Language) -> None:
        self._language = language

    def visit_Call(self, node: nodes.Call) -> nodes.Node:  # noqa: N802 - the visitor finds it by the name of the node
        match node:
            case nodes.Call(node=nodes.Name(name=name), args=[nodes.Const(value=str(text))], kwargs=[]) if (
                name in _PLAIN
            ):
                return nodes.Const(_filled(self._language, self._language.translations.gettext(text), {}))
        return self.generic_visit(node)


def _gettext(message: str, /, **values: Any) -> Markup:
    language = current_language()
    return _filled(language, language.translations.gettext(message), values)


def _ngettext(one: str, several: str, num: int, /, **values: Any) -> Markup:
    language = current_language()
    return _filled(language, language.translations.ngettext(one, several, num), {"num": num, **values})


def _filled(language: Language, text: str, values: dict[str, Any]) -> Markup:
    """Return a message with its values. A percent sign is doubled in the messages of templates."""
    if not values:
        return Markup(text.replace("%%", "%"))  # noqa: S704 - messages are part of the program
    escaped = {name: language.isolated(escape(value)) for name, value in values.items()}
    return Markup(text % escaped)  # noqa: S704 - the values are escaped
