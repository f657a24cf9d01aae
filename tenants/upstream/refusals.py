"""The reason codes with which the retailer's server refuses to disclose data, and the rules that permit this."""

from collections.abc import Mapping
from typing import Final, NamedTuple

from tenants.accounts.models import RULE_OF_REFUSAL, RefusalReason
from tenants.upstream.messages import RefusalCode


class RefusalRule(NamedTuple):
    """The reason of a `DisclosureRefusal` and the rule of the CDR Rules that permits it."""

    reason: RefusalReason
    rule: str


def _rule(reason: RefusalReason) -> RefusalRule:
    return RefusalRule(reason, RULE_OF_REFUSAL[reason])


_RULES: Final[Mapping[RefusalCode, RefusalRule]] = {
    "safety": _rule("harm"),
    "vulnerability": _rule("harm"),
    "court-order": _rule("harm"),
    "security": _rule("security"),
    "account-blocked": _rule("account-blocked"),
    "account-suspended": _rule("account-suspended"),
}


def rule_of(code: str | None) -> RefusalRule | None:
    """Return the rule for a reason code, or None if the code is missing or not one of this contract."""
    return next((rule for known, rule in _RULES.items() if known == code), None)
