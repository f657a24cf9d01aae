"""Get Balance For Energy Account, and the operations for several balances, version 1."""

from tenants.cds.field_types import AmountString, Payload
from tenants.cds.resource_ids import AccountId


class EnergyBalance(Payload):
    """The data of Get Balance For Energy Account. A positive balance is owed, a negative one is a credit."""

    balance: AmountString


class EnergyAccountBalance(Payload):
    """The current balance of an account."""

    accountId: AccountId
    balance: AmountString

    def without_account(self) -> EnergyBalance:
        """Return the balance as in Get Balance For Energy Account, where the request names the account."""
        return EnergyBalance(balance=self.balance)


class EnergyBalanceListV1(Payload):
    """The data of Get Bulk Balances and Get Balances For Specific Energy Accounts."""

    balances: list[EnergyAccountBalance]
