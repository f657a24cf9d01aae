"""A record with its location in the import file. The readers return such records, and the loader loads them."""

from typing import NamedTuple

from tenants.imports.records import Record
from tenants.imports.report import FileLocation


class LocatedRecord(NamedTuple):
    """A record with the file and the line that it was read from."""

    location: FileLocation
    record: Record
