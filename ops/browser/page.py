"""An HTML page as a person uses it: elements by their ids, forms with their controls, and text."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Final
from urllib.parse import urlsplit

from ops.browser.errors import Unexpected

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
        """The text inside the element, with white space collapsed."""
        return _collapsed(self.texts)


@dataclass(slots=True)
class Form:
    """A form: its target, and the controls inside it or associated with it by their `form` attribute."""

    action: str
    method: str
    controls: list[Element] = field(default_factory=list)

    def entries(self, filled: Mapping[str, str] | None = None, checked: set[str] | None = None) -> dict[str, list[str]]:
        """Return the entries that submitting the form sends (HTML, form submission): values by the controls' names.

        `filled` contains texts by the ids of their controls. `checked` contains the ids of boxes to tick in addition to
        the boxes that the page ticks.
        """
        filled, checked = filled or {}, checked or set()
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
    """The page of one response. Raises Unexpected when two of its elements have the same id."""

    def __init__(self, url: str, status: int, html: str, headers: Mapping[str, str] | None = None) -> None:
        self.url = url
        self.path = urlsplit(url).path
        self.status = status
        self.headers: Mapping[str, str] = {} if headers is None else headers
        self.html = html
        parser = _Parser()
        parser.feed(html.replace("<wbr>", ""))  # where a line may break, there is no space
        parser.close()
        self.elements: dict[str, Element] = parser.elements
        self.forms: list[Form] = parser.forms
        self.title = parser.title.text
        self.text = _collapsed(parser.texts)
        self._controls = parser.controls
        if parser.duplicates:
            raise Unexpected("unique ids in the page", f"two elements #{parser.duplicates[0]}: {self.described()}")

    def element(self, element_id: str) -> Element:
        """Return the element with that id. Raises Unexpected, which describes the page."""
        try:
            return self.elements[element_id]
        except KeyError:
            raise Unexpected(f"a page with #{element_id}", self.described()) from None

    def form(self, action_end: str) -> Form:
        """Return the form whose action ends with `action_end`. Raises Unexpected, which describes the page."""
        for form in self.forms:
            if form.action.endswith(action_end):
                return form
        raise Unexpected(f"a page with a form to …{action_end}", self.described())

    def choices(self, name: str) -> list[str]:
        """Return the ids of the check boxes or radio buttons with that name."""
        return [
            control.attributes["id"]
            for control in self._controls
            if control.attributes.get("type") in _CHOICES and control.attributes.get("name") == name
        ]

    def described(self) -> str:
        """Return a description of the page: status, address, title and the problem that it shows."""
        problem = self.elements.get("problem") or self.elements.get("message")
        text = f": {problem.text}" if problem else ""
        return f"{self.status} {self.url} “{self.title}”{text}"


class _Parser(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.elements: dict[str, Element] = {}
        self.duplicates: list[str] = []
        self.controls: list[Element] = []
        self.forms: list[Form] = []
        self.title = Element("title", {}, None)
        self.texts: list[str] = []
        self._forms_by_id: dict[str, Form] = {}
        self._controls_by_form_id: list[tuple[str, Element]] = []
        self._form: Form | None = None
        self._open: list[tuple[str, Element | None]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        attributes = {name: value or "" for name, value in attrs}
        if tag == "form":
            self._form = Form(attributes.get("action", ""), attributes.get("method", "get").lower())
            self.forms.append(self._form)
            self._forms_by_id[attributes.get("id", "")] = self._form
        element = self.title if tag == "title" else Element(tag, attributes, self._form)
        if "id" in attributes:
            if attributes["id"] in self.elements:
                self.duplicates.append(attributes["id"])
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
        self.texts.append(data)
        for _, element in self._open:
            if element is not None:
                element.texts.append(data)

    def close(self) -> None:
        super().close()
        for form_id, element in self._controls_by_form_id:
            element.form = self._forms_by_id.get(form_id)
            if element.form is not None:
                element.form.controls.append(element)

    def _control(self, element: Element) -> None:
        self.controls.append(element)
        if "form" in element.attributes:
            self._controls_by_form_id.append((element.attributes["form"], element))
        elif self._form is not None:
            self._form.controls.append(element)


def _collapsed(texts: list[str]) -> str:
    return " ".join(" ".join(texts).split())
