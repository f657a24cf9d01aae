"""The HTML part of an email."""

import re
from html.parser import HTMLParser
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest

from ops.demonstration.themes import AURORA, BANKSIA
from tenants.authentication.code_message import CodeMessage
from tenants.notices.models import EmailPayload
from tenants.parties.models import Login
from themes.brand import brand
from themes.mail import mail_html, mail_text
from themes.tokens import ThemeTokens, theme_to_json

MIA = Login(id=UUID(int=1), email="mia@people.test", mobile=None)
CODE = CodeMessage(brand="Aurora Energy", host="aurora.test", code="042137", recipient="<b>Bright</b> & Bill")


def html_of(theme: ThemeTokens, email: EmailPayload) -> str:
    made = brand(theme.brand_name, theme_to_json(theme), ZoneInfo("Australia/Sydney"))
    return mail_html(made, email.subject, email.text)


class Text(HTMLParser):
    """Collects the text of the body and the attributes of all elements."""

    def __init__(self) -> None:
        super().__init__()
        self.texts: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.texts.append(data)


@pytest.mark.parametrize("theme", [AURORA, BANKSIA], ids=["aurora", "banksia"])
def test_a_message_with_a_code_has_the_colours_of_the_brand_and_all_of_the_plain_text(theme: ThemeTokens) -> None:
    email = CODE.to(MIA)
    assert isinstance(email, EmailPayload)
    page = html_of(theme, email)
    for colour in (theme.light.banner, theme.light.on_banner, theme.light.accent, theme.light.canvas):
        assert colour in page
    read = Text()
    read.feed(page)
    words = " ".join(" ".join(read.texts).split())
    assert theme.brand_name in words
    assert "<b>Bright</b> & Bill" in words
    assert "<b>" not in page
    for paragraph in email.text.strip().split("\n\n"):
        assert " ".join(paragraph.split()) in words
    assert words.endswith("@aurora.test #042137")
    assert re.search(r">042137</p>", page), "the code stands alone, in a large font"


def test_the_link_for_signing_in_is_the_only_link_of_a_message() -> None:
    link = "https://aurora.test/dashboard/link?t=a&b=<c>"
    email = CODE._replace(recipient="Bright https://elsewhere.test", link=link).to(MIA)
    assert isinstance(email, EmailPayload)
    read = Text()
    read.feed(html_of(AURORA, email))
    assert [attributes["href"] for tag, attributes in read.tags if tag == "a"] == [link]


def test_a_message_has_no_link_and_loads_nothing() -> None:
    text = "See https://elsewhere.test/x.png\n<img src='https://elsewhere.test/y.png'>\n\nurl(https://elsewhere.test)"
    page = html_of(AURORA, EmailPayload(to="a@b.test", subject="</title><script>", text=text))
    read = Text()
    read.feed(page)
    assert {tag for tag, _ in read.tags} <= {
        "html",
        "head",
        "meta",
        "title",
        "body",
        "table",
        "tr",
        "td",
        "p",
        "br",
        "bdi",
    }
    assert not any(name in attributes for _, attributes in read.tags for name in ("href", "src", "background"))
    assert not any("url(" in (attributes.get("style") or "") for _, attributes in read.tags)


def test_another_message_has_no_code_at_its_top() -> None:
    page = html_of(AURORA, EmailPayload(to="a@b.test", subject="S", text="One.\n\nTwo,\nthree. #123456"))
    assert "32px" not in page
    assert "Two,<br>three. #123456" in page


def test_a_message_begins_and_ends_in_the_words_of_the_brand() -> None:
    """A message with a one-time password begins with that: a telephone shows the first words while it is locked."""
    made = brand(AURORA.brand_name, theme_to_json(AURORA), ZoneInfo("Australia/Sydney"))
    opening, closing = "A note about your data from Aurora Energy.", "Your Aurora team"
    plain = mail_text(made, "You have stopped sharing.\n").split("\n\n")
    assert (plain[0], plain[1], plain[2].split("\n")[0]) == (opening, "You have stopped sharing.", closing)
    page = mail_html(made, "S", "You have stopped sharing.\n")
    for own in (AURORA.brand_name, opening, closing):
        assert f"<bdi>{own}</bdi>" in page, "data has a direction of its own"
    assert page.index(opening) < page.index("You have stopped sharing.") < page.index(closing)
    with_code = CODE.to(MIA)
    assert isinstance(with_code, EmailPayload)
    for part in (mail_text(made, with_code.text), mail_html(made, with_code.subject, with_code.text)):
        assert opening not in part
        assert closing in part
