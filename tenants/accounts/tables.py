"""Energy accounts, their holders, their service points, and the decisions about their disclosure.

A period of days has the columns `valid_from` and `valid_to`, both inclusive, in the market's time zone. A period of
moments has the columns `since` (inclusive) and `until` (exclusive). Null in `valid_to` or `until` means that the end is
not known yet.
"""

from sqlalchemy import CheckConstraint, Column, Date, ForeignKey, Index, Table, Text, text

from tenants.parties.tables import customer
from tenants.schema_metadata import Json, Moment, Uuid, tenant

account = Table(
    "account",
    tenant,
    Column("id", Uuid, primary_key=True),
    Column("reference", Text, nullable=False, unique=True),  # the id that the retailer uses for the account
    Column("account_number", Text),
    Column("display_name", Text),
    Column("open_status", Text, nullable=False),
    Column("creation_date", Date),  # required for open accounts only
    Column("summary", Json, nullable=False),  # the plans of EnergyAccountV2, as JSON
    Column("detail", Json, nullable=False),  # the plans of EnergyAccountDetailV4, as JSON
    Column("updated_at", Moment, nullable=False),
    CheckConstraint("open_status in ('OPEN', 'CLOSED')", name="open_status"),
)

# The periods of one customer and one account should not overlap: import replaces the periods that a new one overlaps.
# If several are in force on one day, the one that began last is used.
holding = Table(
    "holding",
    tenant,
    Column("customer_id", Uuid, ForeignKey(customer.c.id, ondelete="CASCADE"), primary_key=True),
    Column("account_id", Uuid, ForeignKey(account.c.id, ondelete="CASCADE"), primary_key=True),
    Column("valid_from", Date, primary_key=True),
    Column("valid_to", Date),
    Column("role", Text, nullable=False),
    CheckConstraint("role in ('holder', 'joint-holder', 'secondary-user')", name="role"),
    CheckConstraint("valid_to >= valid_from", name="period"),
    Index(None, "account_id"),
)

service_point = Table(
    "service_point",
    tenant,
    Column("id", Uuid, primary_key=True),  # derived from the NMI (tenants/accounts/internal_ids.py)
    Column("reference", Text, nullable=False, unique=True),
    Column("national_metering_id", Text, nullable=False),
    Column("detail", Json, nullable=False),
    Column("updated_at", Moment, nullable=False),
)

supply = Table(
    "supply",
    tenant,
    Column("account_id", Uuid, ForeignKey(account.c.id, ondelete="CASCADE"), primary_key=True),
    Column("service_point_id", Uuid, ForeignKey(service_point.c.id, ondelete="CASCADE"), primary_key=True),
    Column("valid_from", Date, primary_key=True),
    Column("valid_to", Date),
    Column("participant_id", Text),  # the retailer's participant id in the market (FRMP); null if not known
    Index(None, "service_point_id"),
)

# Periods in which data must not be shared (CDR Rules 1.10B and Schedule 4). A row applies to a customer (all accounts),
# to an account (all customers), or to one customer for one account. Without a row, the customer is eligible.
ineligibility = Table(
    "ineligibility",
    tenant,
    Column("id", Uuid, primary_key=True),
    Column("customer_id", Uuid, ForeignKey(customer.c.id, ondelete="CASCADE")),
    Column("account_id", Uuid, ForeignKey(account.c.id, ondelete="CASCADE")),
    Column("reason", Text, nullable=False),
    Column("valid_from", Date, nullable=False),
    Column("valid_to", Date),
    Column("set_by", Text, nullable=False),
    CheckConstraint("num_nonnulls(customer_id, account_id) > 0", name="subject"),
    CheckConstraint(
        "reason in ('under-age', 'large-consumption', 'outside-market', 'trial-product', 'deceased', 'other')",
        name="reason",
    ),
    CheckConstraint("valid_to >= valid_from", name="period"),
    CheckConstraint("set_by in ('import', 'upstream', 'staff')", name="set_by"),
    Index(
        "ineligibility_subject_key",
        "customer_id",
        "account_id",
        "reason",
        "valid_from",
        unique=True,
        postgresql_nulls_not_distinct=True,
    ),
    Index(None, "account_id"),
)

# The disclosure option of an account (CDR Rules 4A.5). Without a row it is pre-approval, the default of the Rules. This
# is not a column of `account`, so that an import of the account cannot change what a holder or the staff has chosen.
disclosure_option = Table(
    "disclosure_option",
    tenant,
    Column("account_id", Uuid, ForeignKey(account.c.id, ondelete="CASCADE"), primary_key=True),
    Column("option", Text, nullable=False),
    Column("since", Moment, nullable=False),
    Column("set_by", Text, nullable=False),
    CheckConstraint("option in ('pre-approval', 'co-approval', 'no-disclosure')", name="option"),
    CheckConstraint("set_by in ('import', 'holder', 'staff')", name="set_by"),
)

# A less restrictive option that one joint holder proposes. All other holders must agree to it (CDR Rules 4A.8).
disclosure_proposal = Table(
    "disclosure_proposal",
    tenant,
    Column("id", Uuid, primary_key=True),
    Column("account_id", Uuid, ForeignKey(account.c.id, ondelete="CASCADE"), nullable=False),
    Column("option", Text, nullable=False),
    Column("proposed_by", Uuid, ForeignKey(customer.c.id), nullable=False),
    Column("at", Moment, nullable=False),
    Column("due_at", Moment, nullable=False),
    Column("state", Text, nullable=False),
    Column("state_at", Moment, nullable=False),
    CheckConstraint("option in ('pre-approval', 'co-approval')", name="option"),
    CheckConstraint("state in ('open', 'agreed', 'declined', 'lapsed', 'withdrawn')", name="state"),
    CheckConstraint("due_at > at", name="due_at"),
    Index("disclosure_proposal_open_key", "account_id", unique=True, postgresql_where=text("state = 'open'")),
)

# The answers of the other holders to a proposal, one row for each holder: an account can have more than two holders.
disclosure_answer = Table(
    "disclosure_answer",
    tenant,
    Column("proposal_id", Uuid, ForeignKey(disclosure_proposal.c.id, ondelete="CASCADE"), primary_key=True),
    Column("answered_by", Uuid, ForeignKey(customer.c.id), primary_key=True),
    Column("answer", Text, nullable=False),
    Column("at", Moment, nullable=False),
    CheckConstraint("answer in ('agreed', 'declined')", name="answer"),
)

# An account holder's instruction that a secondary user may share the account's data (CDR Rules 1.13).
secondary_user_instruction = Table(
    "secondary_user_instruction",
    tenant,
    Column("account_id", Uuid, ForeignKey(account.c.id, ondelete="CASCADE"), primary_key=True),
    Column("customer_id", Uuid, ForeignKey(customer.c.id), primary_key=True),  # the secondary user
    Column("given_at", Moment, primary_key=True),
    Column("given_by", Uuid, ForeignKey(customer.c.id), nullable=False),
    Column("withdrawn_at", Moment),
    Column("withdrawn_by", Uuid, ForeignKey(customer.c.id)),  # one of the holders
    CheckConstraint("withdrawn_at >= given_at", name="withdrawn_at"),
    CheckConstraint("(withdrawn_at is null) = (withdrawn_by is null)", name="withdrawn_by"),
    CheckConstraint("given_by <> customer_id", name="given_by"),
    Index(
        "secondary_user_instruction_open_key",
        "account_id",
        "customer_id",
        unique=True,
        postgresql_where=text("withdrawn_at is null"),
    ),
)

# Decisions of a holder or the staff to stop the sharing of an account. `customer_id` is null for all customers,
# `recipient_id` (a legal entity, as in `client.recipient_id`) is null for all recipients.
sharing_block = Table(
    "sharing_block",
    tenant,
    Column("id", Uuid, primary_key=True),
    Column("account_id", Uuid, ForeignKey(account.c.id, ondelete="CASCADE"), nullable=False),
    Column("customer_id", Uuid, ForeignKey(customer.c.id)),
    Column("recipient_id", Text),
    Column("set_by", Text, nullable=False),
    Column("since", Moment, nullable=False),
    Column("until", Moment),
    CheckConstraint("set_by in ('holder', 'staff')", name="set_by"),
    CheckConstraint("until > since", name="period"),
    Index(None, "account_id"),
)

# Decisions not to disclose data or not to ask for an authorisation (CDR Rules 4.7). A row applies where customer,
# account and recipient all match; null matches every value. Rows are kept for years and reported by rule (CDR Rules
# 9.4).
refusal = Table(
    "refusal",
    tenant,
    Column("id", Uuid, primary_key=True),
    Column("customer_id", Uuid, ForeignKey(customer.c.id)),
    Column("account_id", Uuid, ForeignKey(account.c.id)),
    Column("recipient_id", Text),
    Column("reason", Text, nullable=False),
    Column("rule", Text, nullable=False),  # the rule that permits the refusal, such as "4.7(1)(a)"
    Column("refused_by", Text, nullable=False),
    Column("since", Moment, nullable=False),
    Column("until", Moment),
    CheckConstraint("num_nonnulls(customer_id, account_id, recipient_id) > 0", name="subject"),
    CheckConstraint(
        "reason in ('harm', 'security', 'account-blocked', 'account-suspended', 'data-standards')", name="reason"
    ),
    CheckConstraint("until > since", name="period"),
    Index(None, "customer_id"),
    Index(None, "account_id"),
)

# Customers who could suffer harm if the other holders of an account learned of their sharing. The account is disclosed
# as if the customer were its only holder (CDR Rules 4A.15).
harm_flag = Table(
    "harm_flag",
    tenant,
    Column("customer_id", Uuid, ForeignKey(customer.c.id), primary_key=True),
    Column("account_id", Uuid, ForeignKey(account.c.id, ondelete="CASCADE"), primary_key=True),
    Column("since", Moment, primary_key=True),
    Column("until", Moment),
    Column("set_by", Text, nullable=False),  # the id of the staff member
    CheckConstraint("until > since", name="period"),
    Index("harm_flag_open_key", "customer_id", "account_id", unique=True, postgresql_where=text("until is null")),
)
