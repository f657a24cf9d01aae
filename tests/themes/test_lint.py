"""The rules for templates."""

import pytest

from themes.lint import DOCUMENT_RULES, MAIL_RULES, lint, main

TOKEN = "{{ parts.form_token(form_token) }}"


@pytest.mark.parametrize(
    ("template", "message"),
    [
        ("{{ name | safe }}", "escaping"),
        ("{% autoescape false %}", "escaping"),
        ("{{ _(name) }}", "a literal"),
        ("{{ gettext(user.name) }}", "a literal"),
        ("{{ ngettext(one, other, 2) }}", "a literal"),
        ("<script>1</script>", "not allowed"),
        ('<p style="color: red">', "not allowed"),
        ('<p onclick="x()">', "not allowed"),
        ('<img src="https://elsewhere.test/x.png" alt="">', "another site"),
        (f'<form method="get">{TOKEN}</form>', "POST"),
        ('<form method="post"></form>', "form token"),
        ('<input type="text" name="a">', "label"),
        ('<label for="b">B</label><input id="a" type="text">', "label"),
        ('<button type="submit">', "id and a type"),
        ('<button id="a">', "id and a type"),
        ('<img src="/x">', "alternative"),
        ('<p id="a"></p><p id="a"></p>', "twice"),
        ("{{ brand.theme.texts.cdr_policy }}", "at every place"),
        ("{{ brand.texts['ends'].links }}", "at every place"),
    ],
)
def test_a_violation_is_found(template: str, message: str) -> None:
    assert any(message in finding.message for finding in lint(f"\n{template}"))
    assert lint(f"\n{template}")[0].line == 2


def test_templates_without_violations_pass() -> None:
    good = (
        f'{{# <script> #}}<form method="post">{TOKEN}<label for="a">A</label><input id="a" type="text" {{% if x %}}'
        'aria-invalid="true"{% endif %}><input type="hidden"><button id="b" type="submit">B</button></form>'
    )
    assert lint(good) == []
    assert main() == 0


@pytest.mark.parametrize(
    "template",
    [
        '<a href="/x">x</a>',
        '<img src="cid:1" alt="">',
        "<style>p{}</style>",
        '<td background="x" style="background:url(https://elsewhere.test)">',
        '<link rel="icon">',
        "{{ text | safe }}",
    ],
)
def test_an_email_has_no_links_but_that_of_its_text_and_loads_nothing(template: str) -> None:
    assert lint(template, MAIL_RULES)
    assert lint('<p style="color:#123456"><a href="{{ line }}">{{ line }}</a></p>', MAIL_RULES) == []


def test_a_document_has_styles_and_needs_no_other_file() -> None:
    assert lint("<style>p { color: #123456; }</style><p>{{ name }}</p>", DOCUMENT_RULES) == []
    for template in ('<a href="/x">', "<style>p { background: url(x.png); }</style>", "<script>", "{{ text | safe }}"):
        assert lint(template, DOCUMENT_RULES), template
