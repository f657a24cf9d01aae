"""The retention table: every table of both schemas, how long its rows are kept, and why (K-31).

`docs/retention.md` is made from it. The CDR Rules demand six years for what they name in 9.3(1); other periods are our
own decisions, as short as the use of the data allows. A test checks that each table is in exactly one row.
"""

from datetime import datetime
from typing import Final

from tenants.retention.models import RecordKind

_SIX_YEARS: Final = "6 years"
_USE: Final = "no longer than it is used"
_TENANT: Final = "as long as the tenant"
_IMPORT: Final = "until the retailer's data replaces or ends it"

KINDS: Final = (
    RecordKind(
        name="Authorisations, amendments and withdrawals",
        tables=("arrangement", "authorisation", "authorised_account", "account_approval"),
        kept=_SIX_YEARS,
        begins="the end of the arrangement; if its code was never exchanged, the authorisation",
        clause="9.3(1)(a), (b), 9.3(5)",
        holdable=True,
    ),
    RecordKind(
        name="Disclosures",
        tables=("disclosure_day",),
        kept=_SIX_YEARS,
        begins="the day of the disclosure",
        clause="9.3(1)(d), 9.3(5)",
        holdable=True,
    ),
    RecordKind(
        name="Refusals",
        tables=("refusal", "refused_day"),
        kept=_SIX_YEARS,
        begins="the end of the refusal, or the day of the refused requests",
        clause="9.3(1)(e), 9.3(5)",
        holdable=True,
    ),
    RecordKind(
        name="Changes of data that was disclosed before, and the notices about them",
        tables=("disclosure_finding", "affected_disclosure"),
        kept=_SIX_YEARS,
        begins="the decision about the change",
        clause="privacy safeguard 11, 7.10; the period of 9.3(5)",
        holdable=True,
    ),
    RecordKind(
        name="Complaint data",
        tables=("complaint",),
        kept=_SIX_YEARS,
        begins="the resolution",
        clause="9.3(1)(f), 9.3(5)",
        holdable=True,
    ),
    RecordKind(
        name="Requests for corrections and for copies of records",
        tables=("correction_request", "record_request"),
        kept=_SIX_YEARS,
        begins="the decision or the delivery",
        clause="7.15, 9.5; the period of 9.3(5)",
        holdable=True,
    ),
    RecordKind(
        name="Notices about an arrangement or a joint account",
        tables=("outbox",),
        kept=_SIX_YEARS,
        begins="the delivery, or what was done in its place",
        removed="the payload at the delivery, of a letter when it was posted; the rows afterwards. Messages with a "
        "one-time password: after 30 days",
        clause="evidence of notices; the period of 9.3(5)",
        holdable=True,
    ),
    RecordKind(
        name="Decisions about joint accounts, secondary users, eligibility and harm",
        tables=(
            "disclosure_proposal",
            "disclosure_answer",
            "secondary_user_instruction",
            "sharing_block",
            "ineligibility",
            "harm_flag",
        ),
        kept=_SIX_YEARS,
        begins="the end of the decision",
        clause="part 4A, 1.13; the period of 9.3(5)",
        holdable=True,
    ),
    RecordKind(
        name="Data recipients",
        tables=("client",),
        kept=_SIX_YEARS,
        begins="the removal of the client, and when no arrangement is left that names it",
        clause="9.3(1): records name the recipient",
        holdable=True,
    ),
    RecordKind(name="Legal holds", tables=("legal_hold",), kept=_SIX_YEARS, begins="the end of the hold"),
    RecordKind(
        name="Authorisation attempts",
        tables=("attempt",),
        kept="30 days",
        begins="the last stage, or the end of the arrangement",
        removed="the rows. If nobody authenticated: the request after a day, the rows after nine days",
        clause="Get Metrics, abandonment",
        holdable=True,
    ),
    RecordKind(
        name="Tokens and used assertions",
        tables=("access_token", "refresh_token", "used_assertion"),
        kept=_USE,
        begins="an hour after the expiry of an access token, a day after that of a refresh token",
        clause="no secret outlives its use",
    ),
    RecordKind(
        name="One-time passwords and sessions of people",
        tables=("challenge", "session"),
        kept=_USE,
        begins="a day after the expiry or the last use",
        clause="no secret outlives its use",
    ),
    RecordKind(
        name="Keys of the tenant",
        tables=("data_key", "signing_key", "derivation_key"),
        kept=_TENANT,
        removed="the private part of a signing key 25 hours after it was retired",
        clause="no secret outlives its use; ids and subjects must stay the same",
    ),
    RecordKind(
        name="Counts of calls",
        tables=("call_rollup", "call_quarter_hour", "call_peak", "data_check"),
        kept="400 days",
        begins="the call or the check",
        clause="Get Metrics, twelve months; 9.4",
    ),
    RecordKind(
        name="Counts of calls by the second, and numbers of batches",
        tables=("call_second", "call_batch"),
        kept="a day",
        clause="Get Metrics, peaks",
    ),
    RecordKind(name="Single calls", tables=("call",), kept="30 days", begins="the call", clause="investigations"),
    RecordKind(name="Outages", tables=("outage",), kept=_TENANT, clause="Get Metrics, availability"),
    RecordKind(
        name="Changes and who made them",
        tables=("audit", "audit_head"),
        kept=_TENANT,
        removed="nothing: the role of the tenant cannot delete a row",
        clause="9.3(1)",
    ),
    RecordKind(
        name="People, customers and accounts",
        tables=(
            "login",
            "customer",
            "representation",
            "account",
            "holding",
            "supply",
            "disclosure_option",
            "notice_choice",
            "staff",
        ),
        kept=_IMPORT,
        clause="records of 9.3(1) refer to them",
    ),
    RecordKind(
        name="Data that is shared",
        tables=(
            "service_point",
            "payment_schedule",
            "concession",
            "balance",
            "invoice",
            "billing_transaction",
            "der_record",
        ),
        kept=_IMPORT,
        clause="the retailer keeps the original",
    ),
    RecordKind(
        name="Meter reads",
        tables=("usage_read", "usage_month"),
        kept="25 months",
        begins="the day of the read",
        clause="Get Usage, 24 months. AEMO's data is never stored",
    ),
    RecordKind(
        name="A retailer's own server",
        tables=("upstream_credential", "upstream_feed"),
        kept=_USE,
        removed="the credential when it is replaced or removed",
        clause="no secret outlives its use",
    ),
    RecordKind(
        name="A brand's own gateway for text messages",
        tables=("sms_credential",),
        kept=_USE,
        removed="the secret when it is replaced or removed",
        clause="no secret outlives its use",
    ),
    RecordKind(
        name="The deployment",
        tables=(
            "retailer",
            "brand",
            "host",
            "register_environment",
            "database_node",
            "revision",
            "register_status",
            "brand_participant",
            "provision_request",
            "operator",
        ),
        kept="as long as the deployment; the rows of a tenant until it is removed",
    ),
    RecordKind(
        name="Credentials for AEMO",
        tables=("market_participant",),
        kept=_USE,
        removed="a password when it was changed",
        clause="no secret outlives its use",
    ),
)


def six_years_before(now: datetime) -> datetime:
    """Return the same moment six years earlier; for 29 February, the day before."""
    try:
        return now.replace(year=now.year - 6)
    except ValueError:
        return now.replace(year=now.year - 6, day=28)


_HEAD: Final = """# Retention

What is kept for how long, and why. This page is made from `tenants/retention/kinds.py` with
`haas retention > docs/retention.md`. Housekeeping deletes what is old enough, in batches. What has not ended is kept.
The clauses are those of the CDR Rules, unless they name something else.

A [legal hold](operations.md#legal-holds) keeps the kinds with "yes" for longer: all records of a tenant, or those of
one customer or one arrangement. A tenant cannot be removed during a hold. Its removal deletes everything: export what
must be kept before it.

| kind of record | tables | kept | after | what is removed | why | legal hold |
|---|---|---|---|---|---|---|
"""


def page() -> str:
    """Return docs/retention.md."""
    return _HEAD + "".join(_line(kind) for kind in KINDS)


def _line(kind: RecordKind) -> str:
    tables, held = ", ".join(f"`{table}`" for table in kind.tables), "yes" if kind.holdable else "no"
    cells = (kind.name, tables, kind.kept, kind.begins, kind.removed, kind.clause, held)
    return "| " + " | ".join(cell or "-" for cell in cells) + " |\n"
