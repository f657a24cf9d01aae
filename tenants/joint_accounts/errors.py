"""Why a holder of a joint account cannot do something."""

from haas.errors import HaasError


class NotAHolder(HaasError):
    """The customer does not hold the account today, or only uses it, or there is no such account."""


class OptionNotOffered(HaasError):
    """The brand does not offer this disclosure option, or the account is no joint account."""


class OptionChanged(HaasError):
    """The option in force is not the one that the holder has seen before choosing."""


class ProposalOpen(HaasError):
    """Another proposal for the account is still to be answered."""


class ProposalNotFound(HaasError):
    """There is no such proposal for the customer to answer or to withdraw, or it is closed."""


class SharingNotFound(HaasError):
    """There is no such sharing of another holder that the customer may see, or it has ended."""


class NotAskedForApproval(HaasError):
    """The holder's approval is not pending, or its time limit is over."""
