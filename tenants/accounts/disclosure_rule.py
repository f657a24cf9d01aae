"""The rules that decide whether the data of an account is disclosed now, and if not, why; and who can share at all.

The consent pages, the dashboard and the data APIs all use these rules. The data APIs use their SQL forms, which are
`withholding_reason` and `is_eligible` in `tenants/accounts/store.py`.
"""

from typing import Final, Literal

from tenants.accounts.models import ApprovalState, DisclosureFacts, RefusalReason, WithholdingReason

_REASON_BY_APPROVAL: Final[dict[ApprovalState, WithholdingReason]] = {
    "pending": "approval-pending",
    "declined": "approval-declined",
    "lapsed": "approval-lapsed",
    "withdrawn": "approval-withdrawn",
}
REASON_BY_REFUSAL: Final[dict[RefusalReason, WithholdingReason]] = {
    "harm": "refused-harm",
    "security": "refused-security",
    "account-blocked": "refused-account-blocked",
    "account-suspended": "refused-account-suspended",
    "data-standards": "refused-data-standards",
}

REFUSAL_BY_REASON: Final = {reason: refusal for refusal, reason in REASON_BY_REFUSAL.items()}


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
    )
    reason = next((reason for holds, reason in reasons if holds), None)
    if reason is None and facts.refusal is not None:
        reason = REASON_BY_REFUSAL[facts.refusal]  # CDR Rules 4.7
    if reason is None and facts.is_blocked:
        reason = "blocked"
    # The approval of the other holders is not needed where asking for it could cause harm (CDR Rules 4A.15).
    if reason is not None or facts.is_protected:
        return reason
    if approval != "approved":
        return _REASON_BY_APPROVAL[approval]
    return "sharing-off" if facts.option == "no-disclosure" else None  # CDR Rules 4A.5


def needs_approval(facts: DisclosureFacts, *, has_other_holder: bool) -> bool:
    """Return whether the other holders are asked before an account is disclosed under a new authorisation.

    That is so for every account with the option co-approval that somebody else holds (CDR Rules 4A.10), unless a harm
    flag protects it (4A.15). The switch `offers_co_approval` of the brand does not matter: an account keeps its option.
    `tenants.joint_accounts.store.accounts_to_approve` is the same rule in SQL.
    """
    return facts.option == "co-approval" and has_other_holder and not facts.is_protected


def makes_eligible(facts: DisclosureFacts, open_status: Literal["OPEN", "CLOSED"]) -> bool:
    """Return whether an account makes its customer an eligible consumer (CDR Rules 1.10B, Schedule 4).

    An eligible consumer holds at least one open account, or is a secondary user of one with a holder's instruction.
    An account or a customer that is excluded for a reason does not count. Without such an account, the customer's
    authorisations expire (CDR Rules 4.26(1)(c)). `store.is_eligible` is the same rule in SQL.
    """
    can_use = facts.role is not None and (facts.role != "secondary-user" or facts.is_instructed)
    return open_status == "OPEN" and can_use and not facts.is_ineligible
