"""The texts about joint accounts: their disclosure options, and the state of what other holders share.

Of other holders they say only what every holder may know, and never who has done something (K-25).
"""

from collections.abc import Mapping
from typing import Final

from haas.language import gettext_noop
from tenants.accounts.models import DisclosureOption
from tenants.holders.models import NoticeChoice
from tenants.joint_accounts.models import SharingState
from tenants.joint_accounts.notice_text import MEANINGS, NAMES

OPTION_NAMES: Final[Mapping[DisclosureOption, str]] = NAMES
"""The same as in the notices, so that a person recognises them."""
OPTION_MEANINGS: Final[Mapping[DisclosureOption, str]] = MEANINGS
OPTION_DETAILS: Final[Mapping[DisclosureOption, str]] = {
    "pre-approval": gettext_noop(
        "An account holder can still stop what another one shares, at any time. This option applies unless "
        "an account holder chooses another one."
    ),
    "co-approval": gettext_noop(
        "New sharing waits until all account holders have approved it, for up to {days} days. What was "
        "agreed before this option was chosen goes on."
    ),
    "no-disclosure": gettext_noop(
        "What was agreed before stops, but is not lost: it goes on if sharing is turned on again before its end."
    ),
}
STATES: Final[Mapping[SharingState, str]] = {
    "sharing": gettext_noop("Sharing"),
    "sharing-off": gettext_noop("Not shared now"),
    "approval-pending": gettext_noop("Waiting for approval"),
    "approval-declined": gettext_noop("Not approved"),
    "approval-lapsed": gettext_noop("Not approved in time"),
    "approval-withdrawn": gettext_noop("Stopped"),
    "ended": gettext_noop("Ended"),
}
STATE_REASONS: Final[Mapping[SharingState, str]] = {
    "sharing-off": gettext_noop(
        "Sharing from this account is turned off. If it is turned on again, this sharing goes on until its end."
    ),
    "approval-pending": gettext_noop(
        "No data of this account is shared before all account holders whose approval is needed have approved it."
    ),
    "approval-declined": gettext_noop(
        "Not all account holders whose approval is needed approved it, so no data of this account is "
        "shared under this authorisation."
    ),
    "approval-lapsed": gettext_noop(
        "It was not approved in time, so no data of this account is shared under this authorisation."
    ),
    "approval-withdrawn": gettext_noop(
        "The approval of an account holder was removed, so no data of this account is shared under this authorisation."
    ),
}
"""Why nothing is shared. The texts are the same for every holder whose decision it was."""
_ALL_NOTICES: Final = gettext_noop(
    "When another account holder starts, changes or stops sharing, when that sharing ends, and when an approval for "
    "your own sharing is not given or is removed."
)
NOTICE_CHOICES: Final[Mapping[NoticeChoice, tuple[str, str]]] = {
    "all": (gettext_noop("All messages"), _ALL_NOTICES),
    "given-and-amended": (
        gettext_noop("Only starts and changes"),
        gettext_noop("When another account holder starts or changes sharing."),
    ),
    "none": (gettext_noop("No messages"), gettext_noop("You can see on this page at any time what is shared.")),
}
"""What each choice of notices is called, and what it means."""
