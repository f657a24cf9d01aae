"""A record and where it was read: what every reader yields and the loader takes."""

from typing import NamedTuple

from tenants.imports.records import Record
from tenants.imports.report import Place


class Sourced(NamedTuple):
    """A record and where it was read."""

    place: Place
    record: Record
