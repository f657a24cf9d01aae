"""Reads items in which AEMO does not follow the standards.

An item that follows them is read directly into its type. Any other item is read a second time, leniently: names are
compared without regard to case, a value of another form is converted, an unknown value of an enumeration is kept, and a
mandatory field without a value gets a placeholder (C-A13, C-D1, C-D2, C-D4). Each deviation is a finding, which names
the field and never a value (CDR Rules 1.23). An item that cannot be mended is left out; the others are answered.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, Final, Generic, Literal, NamedTuple, TypeVar

import msgspec
from msgspec import inspect

from tenants.aemo.scalars import has_another_form, scalar_of
from tenants.cds.field_types import Payload
from tenants.cds.resource_ids import ServicePointId

DeviationKind = Literal["name", "unknown-field", "form", "enumeration", "missing", "left-out", "not-asked-for"]
NULL: Final = b"null"
EMPTY: Final = b'""'
ReadItem = TypeVar("ReadItem", bound=Payload)
IdOf = Callable[[str], ServicePointId | None]
"""Returns the id of a service point for an NMI, or None if AEMO was not asked for it."""


class Deviation(NamedTuple):
    """A deviation from the standards in one item."""

    field: str
    """The path of the field in the item, such as `distributionLossFactor.code`."""
    kind: DeviationKind


class _LeftOut(Exception):
    """The item cannot be mended."""

    def __init__(self, field: str, kind: DeviationKind = "left-out") -> None:
        super().__init__(field)
        self.finding = Deviation(field, kind)


class Policy(NamedTuple):
    """What a tenant has chosen for deviations that can be answered in several ways."""

    unknown_values: Literal["pass", "mend", "drop"] = "pass"
    """An unknown value of an enumeration is passed on, replaced where there is a replacement, or the item is left out
    (C-D2)."""
    missing_values: Literal["mend", "drop"] = "mend"
    """A mandatory field without a value gets a placeholder, or the item is left out (C-D1)."""


DEFAULT_POLICY: Final = Policy()


class Leniency(msgspec.Struct, frozen=True, kw_only=True):
    """What is done with the deviations of one type of items."""

    replacements: Mapping[str, str] = {}
    """The values that replace unknown values of enumerations, by the paths of the fields."""
    placeholders: Mapping[str, Any] = {}
    """The values of mandatory fields that AEMO leaves out, by the paths of the fields."""
    numbers_are_zero: bool = False
    """Whether a mandatory number that AEMO leaves out is 0."""
    prepare: Mapping[str, Callable[[dict[str, msgspec.Raw]], Iterable[Deviation]]] = {}
    """Functions that change the members of an object before it is read leniently, and return what they have mended, by
    the path of the object. The path of the item is empty."""


class ReadAnswer(NamedTuple):
    """What was read of an answer with a list."""

    items: list[Any]
    findings: list[Deviation]
    links: dict[str, Any]


class LenientReader(Generic[ReadItem]):
    """Reads the items of one type."""

    def __init__(self, item: type[ReadItem], leniency: Leniency) -> None:
        """Take the type of the items as the standards define it."""
        self.item = item
        self._leniency = leniency
        self._type = inspect.type_info(item)
        self._answers: dict[tuple[Any, str], type[msgspec.Struct]] = {}

    def read_answer(
        self, body: bytes, list_name: str, id_of: IdOf, policy: Policy = DEFAULT_POLICY
    ) -> ReadAnswer | None:
        """Return the items of an answer, what was found, and its links; None if the answer has not the form of a list.

        An answer that follows the standards is read in one pass.
        """
        hook = _hook(id_of)
        try:
            found: Any = msgspec.json.decode(body, type=self._answer_type(self.item, list_name), dec_hook=hook)
            return ReadAnswer(getattr(found.data, list_name), [], found.links)
        except msgspec.ValidationError:
            pass
        except (msgspec.DecodeError, RecursionError):
            return None
        try:
            found = msgspec.json.decode(body, type=self._answer_type(msgspec.Raw, list_name))
        except (msgspec.DecodeError, RecursionError):
            return None
        items, findings = self._read_each(getattr(found.data, list_name), id_of, policy)
        return ReadAnswer(items, findings, found.links)

    def read_all(
        self, array: bytes, id_of: IdOf, policy: Policy = DEFAULT_POLICY
    ) -> tuple[list[ReadItem], list[Deviation]]:
        """Return the items of a JSON array, and what was found. Raises msgspec.DecodeError if it is not an array."""
        try:
            return msgspec.json.decode(array, type=list[self.item], dec_hook=_hook(id_of)), []  # type: ignore[name-defined]
        except msgspec.ValidationError:
            return self._read_each(msgspec.json.decode(array, type=list[msgspec.Raw]), id_of, policy)

    def _read_each(
        self, raws: Iterable[msgspec.Raw], id_of: IdOf, policy: Policy
    ) -> tuple[list[ReadItem], list[Deviation]]:
        decode = msgspec.json.Decoder(self.item, dec_hook=_hook(id_of)).decode
        items: list[ReadItem] = []
        findings: list[Deviation] = []
        for raw in raws:
            try:
                items.append(decode(raw))
            except msgspec.ValidationError:
                items += self._mended(raw, _Mending(self._leniency, policy, id_of), findings)
        return items, findings

    def _answer_type(self, item: Any, list_name: str) -> type[msgspec.Struct]:
        """Return the type of an answer with a list of items."""
        key = (item, list_name)
        if key not in self._answers:
            data = msgspec.defstruct("Data", [(list_name, list[item])])
            self._answers[key] = msgspec.defstruct("Answer", [("data", data), ("links", dict[str, Any])])
        return self._answers[key]

    def read_one(
        self, raw: bytes, id_of: IdOf, policy: Policy = DEFAULT_POLICY
    ) -> tuple[ReadItem | None, list[Deviation]]:
        """Return one item, or None if it must be left out, and what was found. Raises msgspec.DecodeError."""
        items, findings = self.read_all(b"[" + raw + b"]", id_of, policy)
        return (items[0] if items else None), findings

    def _mended(self, raw: bytes, mending: "_Mending", findings: list[Deviation]) -> Iterator[ReadItem]:
        try:
            item: ReadItem = mending.value(self._type, raw, "")
        except _LeftOut as error:
            findings += [*mending.findings, error.finding]
        else:
            # The strict reading has refused it. What nobody has named is the form of a text.
            findings += mending.findings or [Deviation("", "form")]
            yield item


class _Mending:
    """Reads one item into its type, and collects the findings. Values are decoded only as far as their types need."""

    def __init__(self, leniency: Leniency, policy: Policy, id_of: IdOf) -> None:
        self._leniency = leniency
        self._policy = policy
        self._id_of = id_of
        self.findings: list[Deviation] = []

    def value(self, kind: inspect.Type, raw: bytes, path: str) -> Any:  # noqa: PLR0911 - one return for each type
        """Return JSON as a value of the type `kind`. Raise _LeftOut if that is not possible."""
        match kind:
            case inspect.StructType():
                return self._struct(kind, _members(raw, path), path)
            case inspect.ListType(item_type=of):
                return [self.value(of, each, path) for each in _elements(raw, path)]
            case inspect.UnionType():
                # The only unions besides those with None are of numbers, and a float keeps an integer as it is.
                return self.value(_types(kind)[-1], raw, path)
            case inspect.CustomType():
                return self._id(msgspec.json.decode(raw), path)
            case inspect.Metadata(type=of):
                return self.value(of, raw, path)
            case inspect.RawType():
                return msgspec.Raw(raw)
        return self._scalar(kind, msgspec.json.decode(raw), path)

    def _struct(self, kind: inspect.StructType, members: dict[str, msgspec.Raw], path: str) -> Any:
        prepare = self._leniency.prepare.get(path)
        if prepare is not None:
            self.findings += prepare(members)
        left = {name.lower(): name for name in members}
        made: dict[str, Any] = {}
        for field in kind.fields:
            where = f"{path}.{field.encode_name}" if path else field.encode_name
            name = left.pop(field.encode_name.lower(), None)
            if name is not None and field.encode_name not in members:
                self._find(where, "name")
            given = NULL if name is None else bytes(members.get(field.encode_name, members[name]))
            if given != NULL and not _is_empty(field.type, given):
                made[field.name] = self.value(field.type, given, where)
            elif field.required and not _allows_none(field.type):
                made[field.name] = self._placeholder(field.type, where)
            elif field.required:
                made[field.name] = None
        if left:  # the names are not in the finding, because nobody knows what AEMO puts there
            self._find(path, "unknown-field")
        return self._made(kind, made, path)

    def _made(self, kind: inspect.StructType, made: dict[str, Any], path: str) -> Any:
        """Return the object. A conditional field that is missing gets its placeholder, if there is one."""
        try:
            return kind.cls(**made)
        except ValueError:
            pass
        for field in kind.fields:
            where = f"{path}.{field.encode_name}" if path else field.encode_name
            if made.get(field.name) is None and where in self._leniency.placeholders:
                made[field.name] = self._placeholder(field.type, where)
        try:
            return kind.cls(**made)
        except ValueError as error:
            raise _LeftOut(path) from error

    def _placeholder(self, kind: inspect.Type, path: str) -> Any:
        """Return the value of a mandatory field that is missing. The standards themselves say what 0 means (C-D4)."""
        self._find(path, "missing")
        if self._leniency.numbers_are_zero and any(map(_is_number, _types(kind))):
            return 0
        if self._policy.missing_values == "drop":
            raise _LeftOut(path)
        if path in self._leniency.placeholders:
            return (
                self._struct(kind, {}, path)
                if isinstance(kind, inspect.StructType)
                else self._leniency.placeholders[path]
            )
        if isinstance(kind, inspect.ListType):
            return []
        if isinstance(kind, inspect.BoolType):
            return False
        raise _LeftOut(path)

    def _id(self, value: Any, path: str) -> ServicePointId:
        found = self._id_of(value) if isinstance(value, str) else None
        if found is None:
            raise _LeftOut(path, "not-asked-for")
        return found

    def _scalar(self, kind: inspect.Type, value: Any, path: str) -> Any:
        converted = scalar_of(kind, value)
        if converted is None:
            raise _LeftOut(path)
        if isinstance(kind, inspect.LiteralType) and converted not in kind.values:
            self._find(path, "enumeration")
            return self._unknown(converted, path)
        if has_another_form(kind, value, converted):
            self._find(path, "form")
        return converted

    def _unknown(self, value: str, path: str) -> str:
        if self._policy.unknown_values == "drop":
            raise _LeftOut(path)
        return self._leniency.replacements.get(path, value) if self._policy.unknown_values == "mend" else value

    def _find(self, field: str, kind: DeviationKind) -> None:
        self.findings.append(Deviation(field, kind))


def _members(raw: bytes, path: str) -> dict[str, msgspec.Raw]:
    """Return the members of a JSON object. Raise _LeftOut for another value."""
    try:
        return msgspec.json.decode(raw, type=dict[str, msgspec.Raw])
    except msgspec.ValidationError as error:
        raise _LeftOut(path) from error


def _elements(raw: bytes, path: str) -> list[msgspec.Raw]:
    """Return the elements of a JSON array. Raise _LeftOut for another value."""
    try:
        return msgspec.json.decode(raw, type=list[msgspec.Raw])
    except msgspec.ValidationError as error:
        raise _LeftOut(path) from error


def _types(kind: inspect.Type) -> list[inspect.Type]:
    """Return the types of a union without None, or the only type."""
    types = kind.types if isinstance(kind, inspect.UnionType) else (kind,)
    plain = [each.type if isinstance(each, inspect.Metadata) else each for each in types]
    return [each for each in plain if not isinstance(each, inspect.NoneType)]


def _is_number(kind: inspect.Type) -> bool:
    return isinstance(kind, inspect.IntType | inspect.FloatType)


def _is_empty(kind: inspect.Type, given: bytes) -> bool:
    """Return whether an empty text is given where the standards want a value: the field has none (C-D1)."""
    return given == EMPTY and any(isinstance(each, inspect.StrType) and each.min_length for each in _types(kind))


def _allows_none(kind: inspect.Type) -> bool:
    return isinstance(kind, inspect.UnionType) and any(isinstance(each, inspect.NoneType) for each in kind.types)


def _hook(id_of: IdOf) -> Callable[[type, Any], Any]:
    """Return the `dec_hook` that reads ids. An id that was not asked for is a validation error."""
    known: dict[str, ServicePointId] = {}  # a page has many items of few service points

    def read(_: type, value: Any) -> ServicePointId:
        if not isinstance(value, str):
            raise ValueError("not a service point")  # noqa: TRY004 - a validation error
        found = known.get(value)
        if found is None:
            found = id_of(value)
            if found is None:
                raise ValueError("not a service point that was asked for")
            known[value] = found
        return found

    return read
