"""The electricity connections of the customer, by names that a person recognises."""

from collections.abc import Iterable, Sequence
from typing import Any

from ops.sandbox.recipient.data import SERVICE_POINT_DETAIL, SERVICE_POINTS, answer_of, data_of, items_of
from ops.sandbox.recipient.records import Fetched

_PLACE = ("addressLine1", "city", "state", "postcode")


def names_of_points(answers: Sequence[Fetched], ids: Iterable[str] = ()) -> dict[str, str]:
    """Return the name of each service point by its id: its address, or its NMI, or a number.

    Those of Get Service Points come first, then the other `ids`. Two with the same address have their NMIs too.
    """
    listed = {str(point.get("servicePointId")): point for point in items_of(answers, SERVICE_POINTS)}
    names: dict[str, str] = {}
    for number, id_ in enumerate(dict.fromkeys((*listed, *ids)), start=1):
        detail = data_of(answer_of(answers, SERVICE_POINT_DETAIL, id_))
        nmi = _text(listed.get(id_, detail).get("nationalMeteringId"))
        name = place(detail.get("location")) or (f"NMI {nmi}" if nmi else f"Connection {number}")
        names[id_] = f"{name}, NMI {nmi}" if name in names.values() and nmi else name
    return names


def place(address: Any) -> str:
    """Return an address of the API in one line. Empty if it is not a simple one."""
    simple = address.get("simple") if isinstance(address, dict) else None
    return ", ".join(filter(None, (_text(simple.get(part)) for part in _PLACE))) if isinstance(simple, dict) else ""


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""
