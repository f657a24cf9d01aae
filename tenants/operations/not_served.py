"""The operations of the standards that an energy retailer does not serve (release 1.36.0).

These are the operations of other sectors, and Get Generic Plans, which the regulators serve for all retailers.
"""

from typing import Final, NamedTuple

from tenants.operations.models import Method, Transport

GENERIC_PLANS: Final = "/energy/plans"
"""The path of Get Generic Plans. That of Get Generic Plan Detail also has the id of a plan."""


class OperationNotServed(NamedTuple):
    """The path of an operation, and how it is called."""

    path: str
    """Without the base path of the API, and with parameters in braces."""
    methods: tuple[Method, ...] = ("GET",)
    transport: Transport = "secure"


_BOTH: Final = ("GET", "POST")
OF_OTHER_SECTORS: Final = (
    OperationNotServed("/banking/products", transport="public"),
    OperationNotServed("/banking/products/{productId}", transport="public"),
    OperationNotServed("/banking/accounts"),
    OperationNotServed("/banking/accounts/balances", _BOTH),
    OperationNotServed("/banking/accounts/direct-debits", _BOTH),
    OperationNotServed("/banking/accounts/payments/plans"),
    OperationNotServed("/banking/accounts/{accountId}"),
    OperationNotServed("/banking/accounts/{accountId}/balance"),
    OperationNotServed("/banking/accounts/{accountId}/direct-debits"),
    OperationNotServed("/banking/accounts/{accountId}/payments/plans"),
    OperationNotServed("/banking/accounts/{accountId}/payments/scheduled"),
    OperationNotServed("/banking/accounts/{accountId}/transactions"),
    OperationNotServed("/banking/accounts/{accountId}/transactions/{transactionId}"),
    OperationNotServed("/banking/payments/scheduled", _BOTH),
    OperationNotServed("/banking/payees"),
    OperationNotServed("/banking/payees/{payeeId}"),
    OperationNotServed("/telco/products", transport="public"),
    OperationNotServed("/telco/products/{productId}", transport="public"),
    OperationNotServed("/telco/accounts"),
    OperationNotServed("/telco/accounts/balance", _BOTH),
    OperationNotServed("/telco/accounts/invoices", _BOTH),
    OperationNotServed("/telco/accounts/transactions", _BOTH),
    OperationNotServed("/telco/accounts/usage", _BOTH),
    OperationNotServed("/telco/accounts/{accountId}"),
    OperationNotServed("/telco/accounts/{accountId}/balance"),
    OperationNotServed("/telco/accounts/{accountId}/concessions"),
    OperationNotServed("/telco/accounts/{accountId}/invoices"),
    OperationNotServed("/telco/accounts/{accountId}/payment-schedule"),
    OperationNotServed("/telco/accounts/{accountId}/transactions"),
    OperationNotServed("/telco/accounts/{serviceId}/usage"),
)
"""The answer is 404 with Resource/NotImplemented, and not with Resource/NotFound (CDS, Error Codes; C-E11)."""
