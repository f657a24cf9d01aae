"""What can go wrong with a participant of the market. Each message says what to do next."""

from haas.errors import HaasError


class MarketError(HaasError):
    """A participant could not be kept, changed or used."""


class UnknownParticipant(MarketError):
    """There is no such participant."""


class BadParticipant(MarketError):
    """A participant lacks what its mode needs, or belongs to another retailer."""


class ParticipantInUse(MarketError):
    """A brand still asks as this participant."""


class SecretChanging(MarketError):
    """A change of the secret has begun and its outcome is not known yet."""
