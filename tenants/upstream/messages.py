"""The messages of the retailer's own server (docs/upstream.md). The OpenAPI document is made from these types.

Ids are the retailer's own: `accountId` is its id of the account, and `servicePointId` is the NMI of the service point.
Payloads of the Consumer Data Standards have their schemas, and a member `x` where the standards lack something.
Unknown members are refused in the payloads of the standards and ignored elsewhere.
"""

from typing import Annotated, Any, Final, Generic, Literal, TypeVar

import msgspec
from msgspec import UNSET, Meta, UnsetType

from tenants.accounts.models import HoldingRole
from tenants.cds.field_types import DateString, EmailAddress, NaturalNumber
from tenants.parties.models import Mobile, PreferredChannel, RepresentationRole, RepresentationScope
from tenants.payloads.address_v1 import CommonPhysicalAddress
from tenants.payloads.energy_account_v2 import EnergyAccountV2
from tenants.payloads.energy_balance_v1 import EnergyAccountBalance
from tenants.payloads.energy_billing_v3 import EnergyBillingTransactionV3
from tenants.payloads.energy_invoice_v1 import EnergyInvoice
from tenants.upstream.base_message import Id, UpstreamMessage
from tenants.upstream.eligibility import IneligiblePeriods, IneligibleSubject, check_ineligible

MAXIMUM_ACCOUNTS: Final = 5_000
"""The most accounts of a customer (C-X2). Customers with more than 2,000 accounts exist (A-7)."""
MAXIMUM_SELECTED: Final = 1_000
"""The most accounts that one request names."""
MAXIMUM_CUSTOMERS: Final = 1_000
"""The most customers that a person acts for, and the most customers on one page of the feed."""
MAXIMUM_ITEMS: Final = 1_000
"""The most invoices or transactions in one part of a list."""
MAXIMUM_SERVICE_POINTS: Final = 5_000

Cursor = Annotated[
    str, Meta(min_length=1, max_length=1_000, description="A position in a list. Only the server knows its meaning.")
]
Name = Annotated[str, Meta(min_length=1, max_length=200, pattern=r"^[^\x00-\x1F]*\Z")]
RefusalCode = Literal["safety", "vulnerability", "court-order", "security", "account-blocked", "account-suspended"]
_Data = TypeVar("_Data")


class UpstreamResponse(msgspec.Struct, Generic[_Data], frozen=True):
    """A response: the requested object."""

    data: _Data


class Health(UpstreamMessage, frozen=True, kw_only=True):
    """Whether the server can answer requests for data."""

    status: Literal["ok", "unavailable"]


class Capabilities(UpstreamMessage, frozen=True, kw_only=True):
    """Which optional operations the server has."""

    version: Annotated[Literal[1], Meta(description="The version of this contract.")]
    balances: Annotated[bool, Meta(description="Whether `POST /balances` is served.")] = False
    ended_customers: Annotated[bool, Meta(description="Whether `GET /ended-customers` is served.")] = False


class UserLookup(UpstreamMessage, frozen=True, kw_only=True):
    """What a person has typed to sign in."""

    identifier: Annotated[
        str,
        Meta(
            min_length=1,
            max_length=1_000,
            description=(
                "In Unicode NFKC, case-folded, without white space. Compare it in the same form: people type "
                "identifiers with other cases and with spaces."
            ),
        ),
    ]


class UserLookupRequest(UpstreamMessage, frozen=True, kw_only=True):
    """The request for the person who has an identifier."""

    data: UserLookup


class RepresentedCustomer(UpstreamMessage, frozen=True, kw_only=True):
    """A customer for whom a person acts."""

    customer_id: Id
    role: Annotated[
        RepresentationRole,
        Meta(
            description=(
                "By which authority the person acts. `self` for one customer at most: the person is this customer. "
                "`nominated-representative` of an organisation or a partnership. `attorney`, `guardian` and "
                "`administrator` (appointed by a court or tribunal) of an individual only, also of a sole trader."
            )
        ),
    ]
    scope: Annotated[
        RepresentationScope | UnsetType | None,
        Meta(
            description=(
                "What the person may do: `see` only what the customer shares, or everything about sharing (`share`). "
                "Null for everything. If it is absent, a limit that was given before stays."
            )
        ),
    ] = UNSET
    valid_from: DateString | None = None
    valid_to: Annotated[DateString | None, Meta(description="The last day. Absent if no end is known.")] = None


class User(UpstreamMessage, frozen=True, kw_only=True):
    """A person who signs in, with the contacts to which one-time passwords are sent. One of the contacts is mandatory.

    `customers` is the whole list: for a customer that it does not contain, the person does not act any more.
    """

    user_id: Id
    identifier: Annotated[Name, Meta(description="What the person types to sign in.")]
    name: Name
    given_name: Name | None = None
    family_name: Name
    email: EmailAddress | None = None
    mobile: Mobile | None = None
    channel: Annotated[
        PreferredChannel | None,
        Meta(
            description=(
                "How the person wants to be told what concerns the sharing of their data: by email, by text message or "
                "by post. A one-time password is never sent by post. Absent if it is not known."
            )
        ),
    ] = None
    disabled: Annotated[bool, Meta(description="Whether the person must not sign in.")] = False
    customers: Annotated[list[RepresentedCustomer], Meta(max_length=MAXIMUM_CUSTOMERS)]

    def __post_init__(self) -> None:
        """Raise ValueError if no one-time password can be sent to the person."""
        if self.email is None and self.mobile is None:
            raise ValueError("one of `email` and `mobile` is mandatory here")


class SuppliedServicePoint(UpstreamMessage, frozen=True, kw_only=True):
    """A service point, and the period in which it supplies the account."""

    service_point_id: Annotated[
        str, Meta(pattern=r"^[A-Za-z0-9]{10,11}\Z", description="The NMI, with or without its check digit.")
    ]
    participant_id: (
        Annotated[
            str,
            Meta(
                max_length=20,
                pattern=r"^[A-Za-z0-9]+\Z",
                description="The retailer's participant id in the market (FRMP) for this service point.",
            ),
        ]
        | None
    ) = None
    valid_from: DateString
    valid_to: Annotated[DateString | None, Meta(description="The last day. Absent if no end is known.")] = None
    location: Annotated[
        CommonPhysicalAddress | None,
        Meta(
            description=(
                "The supply address, as the retailer's own records have it. People recognise their accounts by it when "
                "they choose what to share. It is not disclosed to recipients. Do not copy it from AEMO's answers."
            )
        ),
    ] = None


class AccountHolding(UpstreamMessage, frozen=True, kw_only=True):
    """What the standards lack about an account of a customer."""

    role: Annotated[HoldingRole, Meta(description="The role of the customer of the request.")]
    valid_from: Annotated[DateString, Meta(description="The day from which the customer has this role.")]
    valid_to: Annotated[DateString | None, Meta(description="The last day. Absent if no end is known.")] = None
    closed_date: Annotated[
        DateString | None, Meta(description="The day on which the account was closed. Absent if it is open.")
    ] = None
    disclosure_option: Annotated[
        Literal["pre-approval", "no-disclosure"] | None,
        Meta(
            description=(
                "The disclosure option of a joint account (CDR Rules 4A.5), for an account that has none yet. It never "
                "changes an option that is set."
            )
        ),
    ] = None
    service_points: Annotated[list[SuppliedServicePoint], Meta(max_length=MAXIMUM_SERVICE_POINTS)]
    ineligible: Annotated[
        IneligiblePeriods | UnsetType,
        Meta(
            description=(
                "The periods in which nobody may share the account, for example because of a contract for 5 GWh a year "
                "or more. The list of another customer says the same of the account. Complete, as for a customer."
            )
        ),
    ] = UNSET
    customer_ineligible: Annotated[
        IneligiblePeriods | UnsetType,
        Meta(
            description="The periods in which the customer of the request must not share this account. Also complete."
        ),
    ] = UNSET

    def __post_init__(self) -> None:
        """Raise ValueError if periods overlap."""
        check_ineligible(self.ineligible)
        check_ineligible(self.customer_ineligible)


class ListedAccount(EnergyAccountV2):
    """An account as in Get Energy Accounts, and the customer's role in it. `x` has each service point of the plans."""

    x: AccountHolding


class ListedAccounts(UpstreamMessage, frozen=True, kw_only=True):
    """All accounts of a customer."""

    accounts: Annotated[list[ListedAccount], Meta(max_length=MAXIMUM_ACCOUNTS)]


class AccountSelection(UpstreamMessage, frozen=True, kw_only=True):
    """The accounts of which something is requested."""

    account_ids: Annotated[list[Id], Meta(min_length=1, max_length=MAXIMUM_SELECTED)]


class AccountSelectionRequest(UpstreamMessage, frozen=True, kw_only=True):
    """A request that names accounts."""

    data: AccountSelection


class RefusedAccount(UpstreamMessage, frozen=True, kw_only=True):
    """An account of which the retailer does not disclose the data (CDR Rules 4.7)."""

    account_id: Id
    reason: Annotated[str | None, Meta(description="The reason code: " + ", ".join(RefusalCode.__args__))] = None


class Balances(UpstreamMessage, frozen=True, kw_only=True):
    """The balances of several accounts. An account without a known balance is left out, and so is a refused one."""

    balances: list[EnergyAccountBalance]
    refused: Annotated[
        list[RefusedAccount], Meta(description="The accounts of the request that the retailer refuses to disclose.")
    ] = msgspec.field(default_factory=list)


class _Part(UpstreamMessage, frozen=True, kw_only=True):
    cursor: Annotated[
        Cursor | None, Meta(description="The position after this part. Absent if it is the last one.")
    ] = None
    total: Annotated[
        NaturalNumber | None,
        Meta(
            description=(
                "The number of items in the period, in all parts. Without it, the holder reads all parts to count them."
            )
        ),
    ] = None


class InvoicesPart(_Part, frozen=True, kw_only=True):
    """A part of the invoices of an account, newest first by their issue date. Cancelled invoices are absent."""

    invoices: Annotated[list[EnergyInvoice], Meta(max_length=MAXIMUM_ITEMS)]


class TransactionsPart(_Part, frozen=True, kw_only=True):
    """A part of the billing transactions of an account, newest first by their execution time."""

    transactions: Annotated[list[EnergyBillingTransactionV3], Meta(max_length=MAXIMUM_ITEMS)]


class EndedCustomer(UpstreamMessage, frozen=True, kw_only=True):
    """A customer who is not a customer of the retailer any more. The consents of the customer end."""

    customer_id: Id
    ended_on: Annotated[DateString, Meta(description="The last day on which they were a customer.")]


class EndedCustomers(UpstreamMessage, frozen=True, kw_only=True):
    """The next part of the feed, oldest first: who is not a customer any more, and who must not share data."""

    customers: Annotated[list[EndedCustomer], Meta(max_length=MAXIMUM_CUSTOMERS)]
    ineligible: Annotated[
        list[IneligibleSubject],
        Meta(
            max_length=MAXIMUM_CUSTOMERS,
            description=(
                "The periods without eligibility that have become known or were changed. The limit of the request is "
                "that of both lists together."
            ),
        ),
    ] = msgspec.field(default_factory=list)
    cursor: Annotated[
        Cursor, Meta(description="The position after this part. It is valid for 90 days at least, also if it is empty.")
    ]
    more: Annotated[bool, Meta(description="Whether there are more customers after this part.")]


class UpstreamProblem(UpstreamMessage, frozen=True, kw_only=True):
    """Why a request was refused."""

    refused: Annotated[
        bool, Meta(description="With status 403: the retailer does not disclose the data (CDR Rules 4.7).")
    ] = False
    reason: Annotated[
        str | None, Meta(description="The reason code of a refusal: " + ", ".join(RefusalCode.__args__))
    ] = None
    detail: Annotated[
        str | None, Meta(description="A text for the operators of both sides. It contains no personal data.")
    ] = None


class TokenAnswer(msgspec.Struct, frozen=True):
    """The response of the retailer's token endpoint (RFC 6749 5.1)."""

    access_token: Annotated[str, Meta(min_length=1, max_length=16_384, pattern=r"^[\x21-\x7E]+\Z")]
    token_type: str
    expires_in: NaturalNumber = 60

    def __repr__(self) -> str:
        """Leave out the token, because tracebacks and logs may contain this text."""
        return "TokenAnswer()"

    def __rich_repr__(self) -> list[tuple[str, Any]]:
        """Leave out the token for rich as well."""
        return []
