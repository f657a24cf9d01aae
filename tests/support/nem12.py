"""Lines of NEM12 files."""

from collections.abc import Sequence

from tenants.usage.nem12 import Entry, FormatDeviation, ReadDay, RefusedRecord, read_nem12

HEADER = "100,NEM12,202402030000,MDP1,RETAILER1"
END = "900"
L4_EVENTS = ["400,1,20,F14,76,", "400,21,24,A,,", "400,25,48,S14,1,"]
"""The 400 records of case L4, for a day of half hours."""
NMI = "NMI0000001"
UPDATED = "20240202120025"


def datastream(suffix: str = "E1", minutes: int | str = 30, *, nmi: str = NMI, serial: str = "MTR001") -> str:
    """A 200 record."""
    unit = "KVARH" if suffix[0] in "QK" else "KWH"
    return f"200,{nmi},E1Q1,1,{suffix},N1,{serial},{unit},{minutes},"


def day(values: Sequence[object], flag: str = "A", date: str = "20240201", updated: str = UPDATED) -> str:
    """A 300 record."""
    return f"300,{date},{','.join(map(str, values))},{flag},,,{updated},20240202142516"


def read(*lines: str) -> list[Entry]:
    return list(read_nem12(enumerate((line.encode() + b"\r\n" for line in lines), 1)))


def days(entries: Sequence[Entry]) -> list[ReadDay]:
    return [entry for entry in entries if isinstance(entry, ReadDay)]


def refused(entries: Sequence[Entry]) -> list[RefusedRecord]:
    return [entry for entry in entries if isinstance(entry, RefusedRecord)]


def deviations(entries: Sequence[Entry]) -> list[FormatDeviation]:
    return [entry for entry in entries if isinstance(entry, FormatDeviation)]
