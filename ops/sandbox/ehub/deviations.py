"""Answers that are not as the standards define them, as AEMO is known to give them.

Each function changes one record of the main array, the single object, or the whole body. A record is a JSON object.
"""

from collections.abc import Callable, Iterator
from typing import Any, Final, Literal

import msgspec

from ops.sandbox.ehub.nmi import with_checksum

DeviationKind = Literal[
    "jurisdiction-iso",
    "no-loss-factor",
    "empty-loss-factor",
    "blank-loss-factor",
    "no-meters",
    "no-register-suffix",
    "no-read-qualities",
    "null-der-numbers",
    "no-commissioning-date",
    "no-der-not-found",
    "no-der-empty",
    "no-der-missing",
    "unasked-service-point",
    "nmi-with-checksum",
    "unsorted",
    "samples-names",
    "samples-strings",
    "samples-intervals",
    "samples-links",
    "samples-errors",
    "samples-token",
    "padded-codes",
]

Record = dict[str, Any]
ARRAYS: Final = ("servicePoints", "reads", "derRecords")
_RENAMED: Final = {"meterId": "meterID", "exportLimitKva": "exportLimitkva"}


class Change(msgspec.Struct, frozen=True):
    """What a kind of deviation does: to a record, to the whole answer, or to the body of an error."""

    record: Callable[[Record], Record] | None = None
    body: Callable[[Record], Record] | None = None
    error: Callable[[Record], Record] | None = None


def records_of(body: Record) -> list[Record]:
    """Return the records of an answer: those of its main array, or its single object."""
    data = body.get("data", {})
    return next((data[name] for name in ARRAYS if name in data), [data])


def with_records(body: Record, records: list[Record]) -> Record:
    """Return an answer with other records. An answer with a single object gets the first one."""
    data = body.get("data", {})
    name = next((name for name in ARRAYS if name in data), None)
    if name is None:
        return body | {"data": records[0]}
    return body | {"data": {**data, name: records}}


def _without(name: str) -> Callable[[Record], Record]:
    return lambda record: {key: value for key, value in record.items() if key != name}


def _replaced(**values: Any) -> Callable[[Record], Record]:
    """Return a function that replaces members which a record has. Records without them stay as they are."""
    return lambda record: {key: values.get(key, value) for key, value in record.items()}


def _everywhere(change: Callable[[Record], Record]) -> Callable[[Record], Record]:
    """Return a function that changes an object and every object in it."""

    def changed(value: Any) -> Any:
        if isinstance(value, dict):
            return change({key: changed(member) for key, member in value.items()})
        return [changed(item) for item in value] if isinstance(value, list) else value

    return lambda record: dict(changed(record))


def _with_checksum(record: Record) -> Record:
    return {
        key: with_checksum(value) if key in {"servicePointId", "nationalMeteringId"} else value
        for key, value in record.items()
    }


def _null_numbers(record: Record) -> Record:
    names = ("approvedCapacity", "availablePhasesCount", "installedPhasesCount", "inverterDeviceCapacity")
    return {key: None if key in names else value for key, value in record.items()}


def _renamed(record: Record) -> Record:
    return {_RENAMED.get(key, key): value for key, value in record.items()}


def _strings(record: Record) -> Record:
    return {key: str(value).lower() if isinstance(value, bool) else value for key, value in record.items()}


def _interval_objects(record: Record) -> Record:
    read = record.get("intervalRead", {})
    if "intervalReads" not in read:
        return record
    qualities = {
        position: entry["quality"]
        for entry in read["readQualities"]
        for position in range(entry["startInterval"], entry["endInterval"] + 1)
    }
    objects = [
        {"quality": qualities.get(position, "ACTUAL"), "value": value}
        for position, value in enumerate(read["intervalReads"], 1)
    ]
    return record | {"intervalRead": {**_without("readQualities")(read), "intervalReads": objects}}


def has_no_der(record: Record) -> bool:
    """Return whether this is the DER record of a service point without DER (C-R1)."""
    return "acConnections" in record and not record["acConnections"]


def _without_der_records(body: Record) -> Record:
    if "derRecords" not in body.get("data", {}):
        return body
    kept = [record for record in records_of(body) if not has_no_der(record)]
    left_out = len(records_of(body)) - len(kept)
    meta = body["meta"] | {"totalRecords": body["meta"]["totalRecords"] - left_out}
    return with_records(body, kept) | {"meta": meta}


def _empty_der(body: Record) -> Record:
    body = _without_der_records(body)
    return body | {"data": {}} if has_no_der(body["data"]) else body


def _missing_der(body: Record) -> Record:
    body = _without_der_records(body)
    return _without("data")(body) if has_no_der(body["data"]) else body


def _page_numbers(body: Record) -> Record:
    """Give page numbers in place of the addresses. `next` stays an address, so that the next page can be found."""
    numbers = {name: position for position, name in enumerate(body["links"], 1)}
    return body | {"links": {**numbers, **{name: link for name, link in body["links"].items() if name == "next"}}}


def _padded(body: Record) -> Record:
    def padded(errors: list[Record]) -> Iterator[Record]:
        return ({**error, "code": f"{error['code']} "} for error in errors)

    return {name: list(padded(errors)) if isinstance(errors, list) else errors for name, errors in body.items()}


def _numbered_errors(body: Record) -> Record:
    return {"error 1" if name == "errors" else name: errors for name, errors in body.items()}


def _sample_token(body: Record) -> Record:
    return {
        "transactionID": "00000000-0000-4000-8000-000000000000",
        "acess_token": body["access_token"],
        "access_token_expires_in": str(body["expires_in"]),
    }


def _nothing(body: Record) -> Record:
    """Change nothing: the kind is handled where it needs more than the body."""
    return body


DEVIATIONS: Final[dict[DeviationKind, Change]] = {
    "jurisdiction-iso": Change(record=_replaced(jurisdictionCode="ISO")),  # C-D2
    "no-loss-factor": Change(record=_without("distributionLossFactor")),  # C-D1
    "empty-loss-factor": Change(
        record=_replaced(distributionLossFactor={"code": None, "description": None, "lossValue": None})
    ),
    "blank-loss-factor": Change(
        record=_replaced(distributionLossFactor={"code": "", "description": "", "lossValue": ""})
    ),
    "no-meters": Change(record=_without("meters")),  # C-D5
    "no-register-suffix": Change(record=_everywhere(_without("registerSuffix"))),  # C-D15
    "no-read-qualities": Change(record=_everywhere(_without("readQualities"))),  # C-Q5
    "null-der-numbers": Change(record=_everywhere(_null_numbers)),  # C-D4
    "no-commissioning-date": Change(record=_everywhere(_replaced(commissioningDate=None))),  # C-D1, C-R4
    "no-der-not-found": Change(body=_without_der_records),  # C-D3
    "no-der-empty": Change(body=_empty_der),
    "no-der-missing": Change(body=_missing_der),
    "unasked-service-point": Change(body=_nothing),  # case L13
    "nmi-with-checksum": Change(record=_with_checksum),  # C-I6
    "unsorted": Change(body=lambda body: with_records(body, records_of(body)[::-1])),  # C-I1
    "samples-names": Change(record=_everywhere(_renamed)),  # C-A13
    "samples-strings": Change(record=_everywhere(_strings)),
    "samples-intervals": Change(record=_interval_objects),
    "samples-links": Change(body=_page_numbers),
    "samples-errors": Change(error=_numbered_errors),
    "samples-token": Change(body=_sample_token),
    "padded-codes": Change(error=_padded),
}
