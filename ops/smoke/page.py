"""One page as a person without a browser sees it: its forms, its links and its texts, found by their ids."""

from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Final

from ops.smoke.errors import Unexpected

_VOID: Final = frozenset({"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "wbr"})
_CHOICES: Final = frozenset({"checkbox", "radio"})


@dataclass(slots=True)
class Element:
    """An element that has an id, or a control of a form."""

    tag: str
    attributes: dict[str, str]
    form: "Form | None"
    texts: list[str] = field(default_factory=list)

    @property
    def text(self) -> str:
        """What it says, with its white space folded."""
        return " ".join(" ".join(self.texts).split())


@dataclass(slots=True)
class Form:
    """A form: where it goes, and the controls in it or, by their `form` attribute, of it."""

    action: str
    method: str
    controls: list[Element] = field(default_factory=list)

    def entries(self, filled: dict[str, str], checked: set[str]) -> dict[str, list[str]]:
        """The entries that submitting it sends (HTML, form submission): controls by name.

        `filled` gives texts by the controls' ids; `checked` names boxes ticked beside those that already are.
        """
        entries: dict[str, list[str]] = {}
        for control in self.controls:
            attributes = control.attributes
            name, own_id = attributes.get("name"), attributes.get("id", "")
            if not name or control.tag != "input" or "disabled" in attributes:
                continue
            if attributes.get("type") in _CHOICES:
                if own_id in checked or "checked" in attributes:
                    entries.setdefault(name, []).append(attributes.get("value", "on"))
                continue
            entries.setdefault(name, []).append(filled.get(own_id, attributes.get("value", "")))
        return entries


class Page:
    """A page that was answered."""

    def __init__(self, url: str, status: int, html: str) -> None:
        """Parse `html`, which came from `url`."""
        self.url = url
        self.status = status
        self._html = html
        parser = _Parser()
        parser.feed(html)
        parser.close()
        self.elements: dict[str, Element] = parser.elements
        self.title = parser.title.text
        self._controls = parser.controls

    def element(self, element_id: str) -> Element:
        """The element of that id. Raises Unexpected, which tells what page it is."""
        try:
            return self.elements[element_id]
        except KeyError:
            raise Unexpected(f"a page with #{element_id}", self.described()) from None

    def choices(self, name: str) -> list[str]:
        """The ids of the boxes or buttons of one name that can be chosen."""
        return [
            control.attributes["id"]
            for control in self._controls
            if control.attributes.get("type") in _CHOICES and control.attributes.get("name") == name
        ]

    def described(self) -> str:
        """What a report says about the page: status, address, title and what it complains of."""
        complaint = self.elements.get("problem") or self.elements.get("message")
        said = f": {complaint.text}" if complaint else ""
        return f"{self.status} {self.url} “{self.title}”{said}"


class _Parser(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.elements: dict[str, Element] = {}
        self.controls: list[Element] = []
        self.title = Element("title", {}, None)
        self._forms: dict[str, Form] = {}
        self._adrift: list[tuple[str, Element]] = []
        self._form: Form | None = None
        self._open: list[tuple[str, Element | None]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        attributes = {name: value or "" for name, value in attrs}
        if tag == "form":
            self._form = Form(attributes.get("action", ""), attributes.get("method", "get").lower())
            self._forms[attributes.get("id", "")] = self._form
        element = self.title if tag == "title" else Element(tag, attributes, self._form)
        if "id" in attributes:
            self.elements[attributes["id"]] = element
        if tag in {"input", "button", "select", "textarea"}:
            self._control(element)
        if tag not in _VOID:
            self._open.append((tag, element if "id" in attributes or tag == "title" else None))

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._form = None
        while self._open and self._open.pop()[0] != tag:
            pass

    def handle_data(self, data: str) -> None:
        for _, element in self._open:
            if element is not None:
                element.texts.append(data)

    def close(self) -> None:
        super().close()
        for form_id, element in self._adrift:
            element.form = self._forms.get(form_id)
            if element.form is not None:
                element.form.controls.append(element)

    def _control(self, element: Element) -> None:
        self.controls.append(element)
        if "form" in element.attributes:
            self._adrift.append((element.attributes["form"], element))
        elif self._form is not None:
            self._form.controls.append(element)
