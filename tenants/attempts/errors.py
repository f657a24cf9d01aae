"""What can go wrong with an attempt besides an OAuth error."""

from haas.errors import HaasError


class AttemptAtWrongStage(HaasError):
    """The attempt is not at a stage that allows this."""
