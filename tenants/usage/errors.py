"""Why a stored day cannot be read."""

from haas.errors import HaasError


class DamagedValues(HaasError):
    """The bytes are not what `pack_values` returned for a day with this number of values."""
