"""Each text that a consumer reads is a message of the catalogue (decision 0068).

In the language of these tests, each message stands between ⟦ and ⟧. What is outside is data, or a text that was
forgotten.
"""

import ast
import re
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from types import SimpleNamespace
from typing import Any, Final, get_args
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec
import pytest
from babel.support import LazyProxy

from haas.language import using_language
from haas.language.extraction import ROOT, extracted
from haas.language.translation import CATALOGUE
from ops.demonstration.themes import AURORA
from ops.preview.samples import CONSUMER_NAMES, SCREENS, Screens, recipient
from tenants.accounts.models import DisclosureOption
from tenants.authentication.code_message import CodeMessage
from tenants.corrections.notice_text import notice_text
from tenants.holders import notice_text as holder_notices
from tenants.holders import receipt_text
from tenants.holders.models import Addressee, Event, Receipt, Receiver
from tenants.joint_accounts.notice_text import option_changed, option_not_agreed, option_proposed
from tenants.notices.models import EmailPayload, SmsPayload
from tenants.parties.acted_by import ActedBy, acted_by_text
from tenants.parties.models import RepresentationRole
from tests.support.outside_messages import Outside, forgotten, outside
from tests.support.pseudo_language import BEGIN, END, marked, messages
from themes.brand import Brand, brand
from themes.mail import mail_html, mail_text
from themes.problems import _PROBLEMS, problem
from themes.texts import BrandTexts
from themes.tokens import theme_to_json
from themes.tone import SENTENCES

ZONE, AT = ZoneInfo("Australia/Sydney"), datetime(2026, 3, 3, 5, tzinfo=UTC)
LATER = AT + timedelta(days=300)
TEXTS = BrandTexts(
    identifier_format="10 digits.", legal_name="Aurora Retail Pty Ltd", abn="89000000019", hours="Monday to Friday",
    cdr_policy="https://aurora.test/cdr", complaints="https://aurora.test/complaints", interpreter_phone="131 450",
    hardship_phone="1800 555 011",
)  # fmt: skip
CONTACTS: Final[dict[str, dict[str, str | None]]] = {
    "both": {"support_phone": "1800 555 010", "support_email": "help@aurora.test"},
    "phone": {"support_phone": "1800 555 010", "support_email": None},
    "email": {"support_phone": None, "support_email": "help@aurora.test"},
    "none": {"support_phone": None, "support_email": None},
}
_AND: Final = "and"
"""The word between the last two members of a list. It is of the Common Locale Data Repository, not of the catalogue."""


def look(contacts: str = "both") -> Brand:
    theme = msgspec.structs.replace(AURORA, texts=TEXTS, **CONTACTS[contacts])
    return brand("Aurora Energy", theme_to_json(theme), ZONE)


def test_the_catalogue_is_what_the_source_code_has() -> None:
    assert CATALOGUE.read_text(encoding="utf-8") == extracted(), "the texts have changed: run `make strings`"


def test_the_sentences_that_a_brand_may_replace_are_messages() -> None:
    assert {sentence.usual for sentence in SENTENCES.values()} - {""} <= messages()


def strings(value: Any) -> Iterator[str]:
    """Yield the texts of samples. What the product makes when the page is made is not among them."""
    match value:
        case LazyProxy():
            return
        case str():
            yield value
        case dict():
            yield from (text for each in value.values() for text in strings(each))
        case list() | tuple():
            yield from (text for each in value for text in strings(each))
        case SimpleNamespace():
            yield from strings(vars(value))
        case msgspec.Struct():
            yield from strings(msgspec.structs.asdict(value))


DATA = {text for _, values in SCREENS.values() for text in strings(values)} | set(strings(vars(recipient)))


def test_no_data_of_a_sample_is_a_message() -> None:
    """Otherwise a sample would show a text of the product which the product itself does not translate."""
    patterns = [
        re.compile(re.sub(r"\\\{\w+\\\}|%\\\(\w+\\\)s", ".+", re.escape(message)))
        for message in messages()
        if len(re.findall(r"[a-z]{2,}", re.sub(r"\{\w+\}|%\(\w+\)s", "", message))) > 1 or message in DATA
    ]
    assert {text for text in DATA if any(pattern.fullmatch(text) for pattern in patterns)} <= {"identifier", "accounts"}


@pytest.mark.parametrize("contacts", CONTACTS)
def test_each_text_of_a_page_is_a_message_or_data(contacts: str) -> None:
    data = {*DATA, "Aurora Energy", "Aurora Retail Pty Ltd", "Email address", "10 digits", _AND}
    left: dict[str, list[str]] = {}
    with using_language(marked()):
        screens = Screens(look(contacts))
        for name in CONSUMER_NAMES:
            read = Outside()
            read.feed(screens.html(name))
            left[name] = forgotten(read.found, data)
    assert {name: texts for name, texts in left.items() if texts} == {}


def events() -> Iterator[Event]:
    for accounts, removed in ((("Home",), ()), (("Home", "Farm"), ("Shop", "Flat")), ((), ("Shop",))):
        for until in (None, LATER):
            for is_of_user in (False, True):
                yield Event(
                    arrangement_id=UUID(int=1), decided_for=None, key="k", at=AT, recipient="Bright Bill",
                    accounts=accounts, removed=removed, until=until, due_at=LATER, is_of_user=is_of_user,
                )  # fmt: skip


def receipts() -> Iterator[Receipt]:
    for accounts, pending in ((("Home",), ("Farm",)), (("Home", "Farm"), ("Shop", "Flat"))):
        for until in (None, LATER):
            for customer in (None, "Waratah Bakery"):
                for ended_by in ("recipient", *receipt_text._WHY):
                    yield Receipt(
                        at=AT, recipient="Bright Bill", customer=customer, accounts=accounts, pending=pending,
                        removed=pending, until=until, ended_by=ended_by,
                    )  # fmt: skip
    for role in (*get_args(RepresentationRole), None):
        for reader_is_customer in (False, True):
            for by in (None, ActedBy(login_id=UUID(int=1), role=role)):
                who = acted_by_text(by, UUID(int=2), "Mia Wong", reader_is_customer=reader_is_customer)
                yield Receipt(
                    at=AT, recipient="Bright Bill", customer=None, accounts=("Home",), ended_by="consumer",
                    withdrawn_by=who,
                )  # fmt: skip


def notices() -> Iterator[tuple[str, ...]]:
    """Yield the subject and the texts of every message that a consumer can get."""
    tenant: Any = SimpleNamespace(
        name="Aurora", issuer="https://aurora.test", settings=SimpleNamespace(time_zone="Australia/Sydney")
    )
    written = [holder_notices.written(about, event, tenant) for about in holder_notices._TEXTS for event in events()]
    for about in receipt_text._TEXTS:
        known = [each for each in receipts() if about != "receipt-ended" or each.ended_by in receipt_text._WHY]
        written += [receipt_text.written_receipt(about, each, tenant) for each in known]
    options = get_args(DisclosureOption)
    for before in options:
        for now in options:
            written.append(option_changed(tenant, "Home", before, now, "1"))
            written.append(option_proposed(tenant, "Home", before, now, "1"))
            written += [option_not_agreed("Aurora", "Home", before, now, in_time=each) for each in (False, True)]
    person = Receiver(login_id=UUID(int=1), name="Mia Wong", email="a@b.test", mobile="1", channel="email")
    customer = Addressee(customer_id=UUID(int=2), reference="1", name="Mia Wong", contacts=(person,))
    for each in written:
        email, letter = (holder_notices.addressed(each, customer, contact) for contact in (person, None))
        assert not isinstance(email, SmsPayload)
        assert not isinstance(letter, SmsPayload)
        yield email.subject, email.text, letter.text, each.short
    for name in (None, "Bright Bill"):
        for email, mobile in (("a@b.test", None), (None, "1")):
            login: Any = SimpleNamespace(email=email, mobile=mobile, channel=None)
            yield _parts(CodeMessage("Aurora", "aurora.test", "123456", name, "https://aurora.test").to(login))
            for resource in ("usage", "invoice", "transaction"):
                for last in (date(2026, 3, 3), date(2026, 4, 3)):
                    days = {"first_day": date(2026, 3, 3), "last_day": last}
                    finding: Any = SimpleNamespace(resource=resource, **days)
                    disclosed: Any = SimpleNamespace(
                        email=email, mobile=mobile, channel=None, person="Mia Wong", recipient="Bright Bill", **days
                    )
                    yield _parts(notice_text("Aurora", finding, disclosed, "energy:billing:read", "Home"))


def _parts(payload: EmailPayload | SmsPayload | None) -> tuple[str, ...]:
    assert payload is not None
    return (payload.subject, payload.text) if isinstance(payload, EmailPayload) else (payload.text,)


def test_each_text_of_a_mail_and_of_a_text_message_is_a_message_or_data() -> None:
    data = {"https", "//aurora.test", "//aurora.test/dashboard", "@aurora.test #123456"}
    with using_language(marked()):
        found = {each for texts in notices() for text in texts for each in forgotten(outside(text), data)}
        assert found == set()
        for contacts in CONTACTS:
            made = look(contacts)
            read = Outside()
            read.feed(mail_html(made, "", f"{BEGIN}Text{END}"))
            shown = [*read.found, *outside(mail_text(made, f"{BEGIN}Text{END}"))]
            assert forgotten(shown, {"Aurora Energy", "Aurora Retail Pty Ltd"}) == []


def test_each_problem_with_an_input_is_a_message() -> None:
    with using_language(marked()):
        found = [problem(code, label="Label", tries_left=left) for code in _PROBLEMS for left in (0, 1, 2)]
    assert [each for each in found if each is None or outside(each.text)] == []


SENTENCE = re.compile(r"(?:^|[.:?] )[A-Z][a-z’]+(?: |$)|[a-z]+ [a-z]+ ")
"""What reads like a text: a word with a capital letter, or several words."""
OF_TEXTS = (
    "apps/consent", "apps/dashboard", "themes", "tenants/accounts", "tenants/authentication/code_message.py",
    "tenants/corrections", "tenants/data_language.py", "tenants/holders", "tenants/joint_accounts", "tenants/records",
)  # fmt: skip
"""Folders and modules whose texts a consumer can read."""
NO_TEXTS: Final = {
    "themes/files.py", "themes/lint.py", "themes/logo.py", "themes/logo_export.py", "themes/logo_styles.py",
    "themes/palettes.py", "themes/stylesheet.py", "themes/tokens.py", "themes/touch_icon.py", "themes/weight.py",
    "themes/woff2.py",
}  # fmt: skip
"""Modules without texts for consumers: what is wrong with a theme is said to the staff."""
OF_STAFF: Final = {
    "apps/dashboard/browser.py": {"NotSignedIn"},
    "tenants/accounts/descriptions.py": {"_paf_parts"},
    "themes/pages.py": {"_STAFF_MESSAGES"},
    "themes/sites.py": {"_STAFF_START", "ADMINISTRATION", "CONSOLE"},
    "themes/texts.py": {"ONE_LINE", "saving_problems", "text_problems"},
    "themes/tone.py": {"LOCKED", "tone_problems"},
}
"""Definitions with texts that no consumer reads, for the staff or of exceptions, and with parts of addresses."""


def modules() -> Iterator[tuple[str, list[ast.stmt]]]:
    """Yield the definitions of each module that can have texts for consumers."""
    for folder in OF_TEXTS:
        for file in sorted((ROOT / folder).rglob("*.py")) or [ROOT / folder]:
            name = file.relative_to(ROOT).as_posix()
            if name not in NO_TEXTS and file.name not in {"store.py", "tables.py", "errors.py"}:
                tree = ast.parse(file.read_text(encoding="utf-8"))
                yield name, [node for node in tree.body if not names_of(node) & OF_STAFF.get(name, set())]


def names_of(node: ast.stmt) -> set[str]:
    """Return the names that a statement defines."""
    match node:
        case ast.ClassDef(name=name) | ast.FunctionDef(name=name) | ast.AnnAssign(target=ast.Name(id=name)):
            return {name}
    return set()


def texts_of(tree: ast.AST) -> Iterator[tuple[int, str]]:
    """Yield the literals that read like texts and are no messages, docstrings or texts of exceptions.

    A message in an f-string is not one: the extraction does not see it.
    """
    for node in ast.iter_child_nodes(tree):
        match node:
            case ast.Call(func=ast.Name(id="gettext" | "gettext_noop" | "ngettext")):
                for value in node.keywords:
                    yield from texts_of(value)
            case ast.JoinedStr() if "gettext(" in ast.unparse(node):
                yield node.lineno, ast.unparse(node)
            case ast.Raise() | ast.Assert() | ast.Expr(value=ast.Constant()):
                pass
            case ast.Constant(value=str(text)) if SENTENCE.search(text):
                yield node.lineno, text
            case _:
                yield from texts_of(node)


def test_no_module_with_texts_has_one_outside_of_the_catalogue() -> None:
    found = {
        f"{name}:{line}: {text}"
        for name, body in modules()
        for line, text in texts_of(ast.Module(body, type_ignores=[]))
    }
    assert found == set()


@pytest.mark.parametrize(
    "line",
    [
        'text = "You have stopped."',
        'f"Until {day}"',
        'gettext("A", name="the other one is ")',
        "f'{gettext(x)}.'",
        '{"a": "Stopped"}',
    ],
)
def test_a_text_outside_of_the_catalogue_is_found(line: str) -> None:
    assert list(texts_of(ast.parse(line)))
    assert list(texts_of(ast.parse('gettext("You have stopped.")\nraise Error("Not known here")'))) == []
