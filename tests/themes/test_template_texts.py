"""Messages in templates."""

import pytest
from jinja2 import UndefinedError

from haas.language import ENGLISH, gettext_noop, using_language
from tests.support.pseudo_language import marked
from themes.rendering import environment
from themes.template_texts import TranslatedTemplates

KNOWN = gettext_noop("Stop sharing")


def shown(source: str, **values: object) -> str:
    return environment().from_string(source).render(**values)


def test_values_are_escaped_and_elements_of_a_message_are_not() -> None:
    source = "{% trans name %}For <strong>{{ name }}</strong>, 100% of it{% endtrans %}"
    assert shown(source, name="<b>&") == "For <strong>&lt;b&gt;&amp;</strong>, 100% of it"
    inner = "{% set link %}<a>{{ name }}</a>{% endset %}{% trans link %}See {{ link }}.{% endtrans %}"
    assert shown(inner, name="<b>") == "See <a>&lt;b&gt;</a>."
    assert shown("{% trans name %}%(name)s {{ name }}{% endtrans %}", name="%(name)s") == "%(name)s %(name)s"


@pytest.mark.parametrize(("number", "text"), [(0, "0 accounts of A"), (1, "1 account of A"), (2, "2 accounts of A")])
def test_a_number_decides_about_the_form(number: int, text: str) -> None:
    source = (
        "{% trans number, name %}{{ number }} account of {{ name }}{% pluralize number %}"
        "{{ number }} accounts of {{ name }}{% endtrans %}"
    )
    assert shown(source, number=number, name="A") == text


def test_a_missing_value_is_an_error() -> None:
    with pytest.raises(UndefinedError, match="name"):
        shown("{% trans name %}For {{ name }}{% endtrans %}")


def test_templates_are_compiled_for_each_language() -> None:
    source = f'{{{{ _("{KNOWN}") }}}}{{% trans %}}{KNOWN}{{% endtrans %}}'
    assert shown(source) == KNOWN * 2
    with using_language(marked()):
        assert shown(source) == f"⟦{KNOWN}⟧" * 2
    assert shown(source) == KNOWN * 2


def test_a_message_without_values_is_a_constant_of_the_compiled_template() -> None:
    made = TranslatedTemplates(ENGLISH, autoescape=True)
    compiled = made.compile('<p>{{ _("Plain & simple") }}</p>{% trans %}100%{% endtrans %}', raw=True)
    assert "Plain & simple</p>" in compiled
    assert "'100%'" in compiled
    assert "gettext" not in compiled.partition("def root")[2]
