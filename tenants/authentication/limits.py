"""The limits of one-time passwords, and of the sessions of customers and of the retailer's staff."""

from datetime import timedelta
from typing import Final

from haas.sessions import SessionLimits

CODE_DIGITS: Final = 6
"""CDS, One Time Password Credential Requirements: "numeric digits and be between 4 and 6 digits in length"."""
CODE_LIFETIME: Final = timedelta(minutes=10)
TRIES_PER_CODE: Final = 5
LIMIT_WINDOW: Final = timedelta(hours=1)
"""The limits below apply to the last hour."""
WRONG_ANSWERS_PER_WINDOW: Final = 10
UNANSWERED_CODES_PER_WINDOW: Final = 20
"""The maximum number of codes that are sent within the window for one identifier without a right answer."""
TENANT_CODES_PER_WINDOW: Final = 20_000
"""The maximum number of codes that are sent within the window for one tenant.

It is far above the number of codes in any brand's busiest hour. It limits an attacker who requests codes for many
identifiers from many addresses.
"""

DASHBOARD_SESSIONS: Final = SessionLimits(idle=timedelta(minutes=15), lifetime=timedelta(hours=1))
STAFF_SESSIONS: Final = SessionLimits(idle=timedelta(minutes=30), lifetime=timedelta(hours=12))
"""NIST SP 800-63B, Reauthentication, for authenticator assurance level 2."""
