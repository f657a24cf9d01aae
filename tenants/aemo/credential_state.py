"""Whether AEMO accepts the credentials of a participant, and which request finds it out.

AEMO locks a user after six wrong tries (A-1). So until AEMO has accepted credentials, one request with them is in
progress at a time: a trial. Credentials that AEMO has refused are not sent again until they change. Credentials are
named by a mark, which changes when they change. Processes learn of a change within seconds, so both the old and the
new credentials can be in use for that time.
"""

from typing import Final

import msgspec

from haas.errors import HaasError

TRIAL_SECONDS: Final = 15.0
"""How long a trial waits for AEMO's answer, also if the call for which it was sent has ended."""
LEASE_SECONDS: Final = 30.0
"""After this time another trial may begin, because the process of the first one was killed."""


class CredentialsRefused(HaasError):
    """AEMO has refused the credentials. They are not sent again until they change."""


class TrialInProgress(HaasError):
    """Another request finds out whether AEMO accepts the credentials."""


class CredentialState(msgspec.Struct, array_like=True):
    """What is known of the credentials of one participant. Times are in seconds since 1970, on the platform's clock."""

    accepted: str = ""
    """The mark of the credentials that AEMO has accepted."""
    refused: str = ""
    """The mark of the credentials that AEMO has refused."""
    trial: str = ""
    """The mark of the credentials that are being tried."""
    trial_until: float = 0.0
    """Until when no other trial may begin."""

    def obstacle(self, now: float, mark: str) -> CredentialsRefused | TrialInProgress | None:
        """Return why no request with the credentials may be sent now, or None."""
        if self.refused == mark:
            return CredentialsRefused("AEMO has refused the credentials, and they have not changed since")
        # A clock can be set back, so a time that is too far away is not valid.
        if self.is_unproven(mark) and self.trial and 0 < self.trial_until - now <= LEASE_SECONDS:
            return TrialInProgress("another request finds out whether AEMO accepts the credentials")
        return None

    def is_unproven(self, mark: str) -> bool:
        """Return whether AEMO has not accepted the credentials yet."""
        return self.accepted != mark

    def begin_trial(self, now: float, mark: str) -> None:
        """Let no other request with unproven credentials be sent until the trial ends."""
        self.trial, self.trial_until = mark, now + LEASE_SECONDS

    def end_trial(self, mark: str) -> None:
        """Permit another trial. It has no effect if other credentials are being tried."""
        if self.trial == mark:
            self.trial = ""

    def accept(self, mark: str) -> None:
        """Record that AEMO has accepted the credentials."""
        self.accepted = mark
        if self.refused == mark:
            self.refused = ""

    def refuse(self, mark: str) -> None:
        """Record that AEMO has refused the credentials, also if it had accepted them before."""
        self.refused = mark
        if self.accepted == mark:
            self.accepted = ""

    def forget_refusal(self) -> None:
        """Permit one more trial of the refused credentials."""
        self.refused = ""
