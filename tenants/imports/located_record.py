"""A record with the place in the file that it was read from: readers yield it, and the loader takes it."""

from typing import NamedTuple

from tenants.imports.records import Record
from tenants.imports.report import FileLocation


class LocatedRecord(NamedTuple):
    """A record with the file and the line that it was read from."""

    location: FileLocation
    record: Record
