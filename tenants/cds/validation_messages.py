"""The messages of msgspec about values that do not conform to a type, in the form in which people read them."""

import re

import msgspec

from tenants.cds import field_types

_PATH = re.compile(r"(?s)(?P<reason>.*) - at `(?P<path>[^`]*)`\Z")
_MEMBER = re.compile(r"`(?P<name>\w+)` ")
_PATTERN = re.compile(r"(?s)Expected `str` matching regex (?P<pattern>.*)\Z")


def split_validation_message(message: str) -> tuple[str, str]:
    """Split a msgspec error message into path and reason; show a field type instead of its regular expression.

    The message of a check of a whole object contains the path of the object. If the reason begins with the name of a
    member, the name is added to the path.
    """
    found = _PATH.match(message)
    path, reason = (found["path"], found["reason"]) if found else ("$", message)
    member = _MEMBER.match(reason)
    if member:
        path = f"{path}.{member['name']}"
    pattern = _PATTERN.match(reason)
    if pattern:
        reason = f"not of the form: {_PATTERN_NAMES.get(pattern['pattern'], 'the pattern of the field')}"
    return path, reason


def _pattern_names() -> dict[str, str]:
    names = {}
    for name, kind in vars(field_types).items():
        for meta in getattr(kind, "__metadata__", ()):
            if isinstance(meta, msgspec.Meta) and meta.pattern is not None:
                names[repr(meta.pattern)] = meta.description or name
    return names


_PATTERN_NAMES = _pattern_names()
