"""The reads of AEMO. Arrays of plain numbers are not decoded: they reach the recipient as the bytes that AEMO sent."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

import msgspec
from msgspec.structs import force_setattr

from tenants.aemo.interval_objects import is_plain, number_array
from tenants.aemo.lenient import NULL, Deviation, Leniency
from tenants.aemo.models import MarketPoint
from tenants.cds.field_types import Number, Payload, PositiveInteger
from tenants.payloads.energy_usage_v1 import EnergyReadQuality, EnergyUsageRead

INTERVAL_READS: Final = "interval-reads"
_INTERVAL_READ: Final = "intervalRead"
_NO_SUFFIX: Final = msgspec.Raw(b'"N/A"')
_ABSENT: Final = msgspec.Raw()
_ARRAY: Final = f"{_INTERVAL_READ}.intervalReads"
_LEFT_OUT: Final = Deviation(_ARRAY, "left-out")
_METER_NAME: Final = Deviation("meterId", "name")


class AemoIntervalRead(Payload, gc=False):
    """EnergyIntervalRead whose array is not decoded.

    No read refers to itself, so the garbage collector leaves out both types.
    """

    readIntervalLength: PositiveInteger | None = None  # noqa: N815 - a name of the standards
    aggregateValue: Number  # noqa: N815 - a name of the standards
    intervalReads: msgspec.Raw = _ABSENT  # noqa: N815 - a name of the standards
    readQualities: list[EnergyReadQuality] | None = None  # noqa: N815 - a name of the standards


class AemoUsageRead(EnergyUsageRead, gc=False):
    """EnergyUsageRead whose array is not decoded, and whose meter can have another name."""

    intervalRead: AemoIntervalRead | None = None  # type: ignore[assignment]  # noqa: N815 - a name of the standards
    meterID: str | None = None  # noqa: N815 - the name of `meterId` in AEMO's own examples (C-A13)
    """None after `finish`. The lenient reading would take several times as long, and a page can have 1,000 of them."""

    def __post_init__(self) -> None:
        # Most reads are such. The check of all cases takes longer than to decode the rest of a read.
        if self.readUType != "intervalRead" or self.intervalRead is None or self.basicRead is not None:
            super().__post_init__()


def _mend_suffix(read: dict[str, msgspec.Raw]) -> Iterator[Deviation]:
    """Give a read without a register suffix that of its register's id (C-D15)."""
    names = {name.lower(): name for name in read}
    suffix, register = names.get("registersuffix", "registerSuffix"), names.get("registerid", "")
    if _is_missing(read.get(suffix)):
        read[suffix] = _NO_SUFFIX if _is_missing(read.get(register)) else read[register]
        yield Deviation("registerSuffix", "missing")


def _mend_sum(interval: dict[str, msgspec.Raw]) -> Iterator[Deviation]:
    """Give an interval read without a sum that of its values."""
    names = {name.lower(): name for name in interval}
    total, reads = names.get("aggregatevalue", "aggregateValue"), interval.get(names.get("intervalreads", ""))
    if reads is None or not _is_missing(interval.get(total)):
        return
    array = bytes(reads)
    try:
        values = msgspec.json.decode(array if is_plain(array) else number_array(array).values, type=list[Number])
    except msgspec.DecodeError:
        return
    interval[total] = msgspec.Raw(msgspec.json.encode(round(sum(values), 9)))
    yield Deviation(f"{_INTERVAL_READ}.aggregateValue", "missing")


def _is_missing(raw: msgspec.Raw | None) -> bool:
    return raw is None or bytes(raw) in (NULL, b'""')


LENIENCY: Final = Leniency(prepare={"": _mend_suffix, _INTERVAL_READ: _mend_sum})


def finish(
    items: list[AemoUsageRead], points: Sequence[MarketPoint], parameters: Mapping[str, str]
) -> tuple[list[AemoUsageRead], list[Deviation]]:
    """Return the reads in their order (C-I1), with arrays of numbers, or without arrays if they were not asked for."""
    with_arrays = parameters.get(INTERVAL_READS, "NONE") != "NONE"
    deviations: list[Deviation] = []
    finished: list[AemoUsageRead] = []
    for item in items:
        if item.meterID is not None:
            deviations.append(_rename_meter(item))
        if item.intervalRead is not None and not with_arrays:
            _remove_arrays(item.intervalRead)
        elif item.intervalRead is not None:
            found = _finish_arrays(item.intervalRead)
            if found is not None:
                deviations.append(found)
            if found is _LEFT_OUT:
                continue
        finished.append(item)
    sort_reads(finished, points)
    return finished, deviations


def sort_reads(reads: list[AemoUsageRead], points: Sequence[MarketPoint]) -> None:
    """Sort reads by NMI, of each NMI the newest first. The register tells reads of one day apart (C-I1)."""
    position = {str(point.id): number for number, point in enumerate(points)}
    reads.sort(
        key=lambda read: (
            position[read.servicePointId.value],
            -read.readStartDate.toordinal(),
            read.registerSuffix,
            read.registerId or "",
            read.readEndDate or read.readStartDate,
        )
    )


def _rename_meter(read: AemoUsageRead) -> Deviation:
    if read.meterId is None:
        force_setattr(read, "meterId", read.meterID)
    force_setattr(read, "meterID", None)
    return _METER_NAME


def _finish_arrays(interval: AemoIntervalRead) -> Deviation | None:
    """Make the arrays of one read those of the standards. `readQualities` is never left out beside reads (C-Q5)."""
    array = bytes(interval.intervalReads)
    found = None
    if not is_plain(array):
        if array in (b"", NULL):
            _remove_arrays(interval)
            return Deviation(_ARRAY, "missing")
        try:
            replaced = number_array(array)
        except msgspec.DecodeError:
            return _LEFT_OUT
        force_setattr(interval, "intervalReads", msgspec.Raw(replaced.values))
        if not interval.readQualities:
            force_setattr(interval, "readQualities", replaced.qualities)
        found = Deviation(_ARRAY, "form")
    elif interval.readQualities is None:
        force_setattr(interval, "readQualities", [])
    return found if interval.readIntervalLength is not None else _LEFT_OUT


def _remove_arrays(interval: AemoIntervalRead) -> None:
    if interval.intervalReads is not _ABSENT:
        force_setattr(interval, "intervalReads", _ABSENT)
    for name in ("readIntervalLength", "readQualities"):
        if getattr(interval, name) is not None:
            force_setattr(interval, name, None)
