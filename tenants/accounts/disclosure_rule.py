"""The rule that decides whether the data of an account is disclosed now, and if not, why.

The consent pages, the dashboard and the data APIs all use this rule. The data APIs use its SQL form, which is
`withholding_reason` in `tenants/accounts/store.py`.
"""

from typing import Final

from tenants.accounts.models import ApprovalState, DisclosureFacts, WithholdingReason

_REASON_BY_APPROVAL: Final[dict[ApprovalState, WithholdingReason]] = {
    "pending": "approval-pending",
    "declined": "approval-declined",
    "lapsed": "approval-lapsed",
    "withdrawn": "approval-withdrawn",
}


def withholding_reason(facts: DisclosureFacts, approval: ApprovalState = "approved") -> WithholdingReason | None:
    """Return the first reason why an account is not disclosed now, or None if it is disclosed.

    `approval` is the approval of the authorised account. Before an authorisation there is no such approval: omit the
    argument. `store.withholding_reason` is the same rule in SQL; `tests/tenants/accounts/test_disclosure_rule.py`
    compares the two.
    """
    reasons: tuple[tuple[bool, WithholdingReason], ...] = (
        (facts.role is None, "not-held"),
        # A secondary user needs a holder's instruction (CDR Rules 1.13).
        (facts.role == "secondary-user" and not facts.is_instructed, "secondary-user"),
        (facts.is_ineligible, "ineligible"),  # CDR Rules 1.10B and Schedule 4
        (facts.is_refused, "refused"),  # CDR Rules 4.7
        (facts.is_blocked, "blocked"),
    )
    reason = next((reason for holds, reason in reasons if holds), None)
    # The approval of the other holders is not needed where asking for it could cause harm (CDR Rules 4A.15).
    if reason is not None or facts.is_harm_flagged:
        return reason
    if approval != "approved":
        return _REASON_BY_APPROVAL[approval]
    return "sharing-off" if facts.option == "no-disclosure" else None  # CDR Rules 4A.5
