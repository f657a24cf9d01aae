"""Values of simple types that AEMO gives in another form than the standards define (C-A13)."""

from datetime import date, datetime, timedelta, timezone
from typing import Any, Final

from msgspec import inspect

_AEST: Final = timezone(timedelta(hours=10))
_TRUE: Final = frozenset({"true", "y", "yes", "1"})
_FALSE: Final = frozenset({"false", "n", "no", "0"})


def scalar_of(kind: inspect.Type, value: Any) -> Any:  # noqa: PLR0911 - one return for each type
    """Return a value of a simple type, or None if `value` has no such form."""
    try:
        match kind:
            case inspect.BoolType():
                return _boolean(value)
            case inspect.IntType() | inspect.FloatType():
                return _number(kind, value)
            case inspect.DateType():
                return date.fromisoformat(value[:10]) if isinstance(value, str) else None
            case inspect.DateTimeType():
                moment = datetime.fromisoformat(value) if isinstance(value, str) else None
                return None if moment is None else moment.replace(tzinfo=moment.tzinfo or _AEST)
            case inspect.LiteralType(values=values):
                text = str(value).strip()
                return next((each for each in values if str(each).upper() == text.upper()), text or None)
            case inspect.StrType():
                return value if isinstance(value, str) else str(value) if isinstance(value, int | float) else None
    except (ValueError, OverflowError):
        return None
    return None


def _boolean(value: Any) -> bool | None:
    if isinstance(value, bool):
        return value
    text = str(value).strip().lower()
    return True if text in _TRUE else False if text in _FALSE else None


def _number(kind: inspect.Type, value: Any) -> int | float | None:
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    number = float(value) if isinstance(value, str) else value
    if isinstance(kind, inspect.IntType) or (isinstance(value, str) and number == int(number)):
        return int(number) if number == int(number) else None
    return number


def has_another_form(kind: inspect.Type, value: Any, converted: Any) -> bool:
    """Return whether a value has another form than the standards define."""
    match kind:
        case inspect.DateTimeType():
            return datetime.fromisoformat(value).tzinfo is None
        case inspect.DateType():
            return len(value) != len("2024-01-31")
        case inspect.IntType(ge=least, le=most) | inspect.FloatType(ge=least, le=most):
            outside = (least is not None and converted < least) or (most is not None and converted > most)
            return outside or not isinstance(value, int | float)
        case inspect.StrType(min_length=length):
            return (length is not None and len(converted) < length) or converted != value
    return bool(converted != value)
