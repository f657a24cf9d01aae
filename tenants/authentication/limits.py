"""The limits of one-time passwords, and of the sessions of customers and of the retailer's staff."""

from datetime import timedelta
from typing import Final, NamedTuple

from haas.sessions import SessionLimits

CODE_DIGITS: Final = 6
"""CDS, One Time Password Credential Requirements: "numeric digits and be between 4 and 6 digits in length"."""
CODE_LIFETIME: Final = timedelta(minutes=10)
TRIES_PER_CODE: Final = 5
HOUR: Final = timedelta(hours=1)
DAY: Final = timedelta(days=1)


class Budget(NamedTuple):
    """At most `most` wrong answers, or codes, in the last `window`."""

    most: int
    window: timedelta


WRONG_ANSWERS_OF_AN_IDENTIFIER: Final = (Budget(10, HOUR), Budget(30, DAY))
WRONG_ANSWERS_OF_A_NETWORK: Final = (Budget(100, HOUR), Budget(500, DAY))
"""For challenges that were requested from one IPv4 address or one IPv6 network of 64 bits.

Thousands of people can share an address of a mobile carrier, and few of them share energy data in the same hour.
"""
WRONG_ANSWERS_OF_A_NETWORK_UNDER_ATTACK: Final = (Budget(10, HOUR), Budget(500, DAY))
"""These apply to every network while the tenant has had more wrong answers than WRONG_ANSWERS_OF_A_TENANT."""
WRONG_ANSWERS_OF_A_TENANT: Final = Budget(1_000, HOUR)
"""Beyond it the networks get less. The sign-in is not closed: otherwise strangers could close it for everybody."""
CODES_OF_AN_IDENTIFIER: Final = Budget(20, HOUR)
"""It counts the codes that were not answered correctly, also if others were."""
CODES_OF_A_NETWORK: Final = Budget(600, HOUR)
"""It counts the requests for codes, also for identifiers without a login."""
CODES_OF_A_TENANT: Final = Budget(20_000, HOUR)
"""It counts the messages that are sent, and not the requests for identifiers that nobody has.

It is far above the number of codes in any brand's busiest hour.
"""
CODES_FOR_STRANGERS: Final = Budget(16_000, HOUR)
"""The part of CODES_OF_A_TENANT for browsers in which nobody has signed in before. The rest is for known browsers."""
ALARM_AT: Final = 0.5
"""The part of a tenant's budget above which an alarm is logged."""
IDENTIFIERS_OF_A_FLOW: Final = 3
"""How many different identifiers a person can enter in one consent flow."""
KNOWN_BROWSER_LIFETIME: Final = timedelta(days=180)
"""How long a browser is known after the last sign-in with it."""

DASHBOARD_SESSIONS: Final = SessionLimits(idle=timedelta(minutes=15), lifetime=timedelta(hours=3))
"""A person must be able to extend the time at least ten times (WCAG 2.2, 2.2.1 Timing Adjustable)."""
STAFF_SESSIONS: Final = SessionLimits(idle=timedelta(minutes=30), lifetime=timedelta(hours=12))
"""NIST SP 800-63B, Reauthentication, for authenticator assurance level 2."""
