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
WRONG_ANSWERS_OF_A_TENANT: Final = (Budget(1_000, HOUR), Budget(5_000, DAY))
"""Beyond one of them the tenant is under attack, and strangers get less. Wrong answers in known browsers do not count.

The sign-in is not closed: otherwise strangers could close it for everybody.
"""
NETWORK_SHARES: Final = {64: 1, 56: 2, 48: 4}
"""How many times the limits of a network a network with so many bits of an IPv6 address gets. An IPv4 address gets one.

Many households and offices have 56 or 48 bits, and all phones of a carrier can be in the networks of one 48.
"""
CODES_OF_AN_IDENTIFIER: Final = Budget(20, HOUR)
"""It counts the codes that were not answered correctly, also if others were."""
CODES_OF_A_TENANT: Final = Budget(20_000, HOUR)
"""It counts the messages that are sent, and not the requests for identifiers that nobody has.

It is far above the number of codes in any brand's busiest hour.
"""


class StrangerLimits(NamedTuple):
    """What is allowed to strangers: browsers in which nobody has signed in with the identifier before."""

    tries_per_code: int
    wrong_answers_of_a_network: tuple[Budget, ...]
    """For challenges that were requested from one network (`networks`).

    Thousands of people can share an address of a mobile carrier, and few of them share energy data in the same hour.
    """
    codes_of_a_network: Budget
    """It counts the requests for codes, also for identifiers without a login."""
    codes_of_a_tenant: Budget
    """A part of CODES_OF_A_TENANT. The rest is for known browsers."""


STRANGERS: Final = StrangerLimits(
    tries_per_code=TRIES_PER_CODE,
    wrong_answers_of_a_network=(Budget(100, HOUR), Budget(500, DAY)),
    codes_of_a_network=Budget(600, HOUR),
    codes_of_a_tenant=Budget(16_000, HOUR),
)
STRANGERS_UNDER_ATTACK: Final = StrangerLimits(
    tries_per_code=1,
    wrong_answers_of_a_network=(Budget(10, HOUR), Budget(500, DAY)),
    codes_of_a_network=Budget(100, HOUR),
    codes_of_a_tenant=Budget(4_000, HOUR),
)
"""They hold while the tenant has had as many wrong answers as WRONG_ANSWERS_OF_A_TENANT."""
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
