"""Errors of market participants. Each message says what to do next."""

from haas.errors import HaasError


class MarketError(HaasError):
    """A participant could not be stored, changed or used."""


class UnknownParticipant(MarketError):
    """There is no participant with the id in the environment."""


class InvalidParticipant(MarketError):
    """The values of a participant do not fit its authentication mode, its retailer or the requested change."""


class ParticipantInUse(MarketError):
    """The participant is still assigned to a brand."""


class SecretChangePending(MarketError):
    """A change of the secret has begun and is neither completed nor abandoned."""
