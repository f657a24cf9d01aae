"""The texts of the notices about the disclosure option of a joint account (CDR Rules 4A.7(3), 4A.8).

They name the account and the option, and never a person: not who has chosen, and not who did not agree (K-25).
"""

from collections.abc import Mapping
from typing import Final

from tenants.accounts.models import DisclosureOption
from tenants.holders.models import Written
from tenants.holders.notice_text import dashboard_of
from tenants.registry.models import Tenant

NAMES: Final[Mapping[DisclosureOption, str]] = {
    "pre-approval": "Pre-approval",
    "co-approval": "Approval by all holders",
    "no-disclosure": "No sharing",
}
MEANINGS: Final[Mapping[DisclosureOption, str]] = {
    "pre-approval": "Each account holder can share data about the account without the approval of the others.",
    "co-approval": "Data about the account can be shared only if all account holders approve it.",
    "no-disclosure": "Account holders cannot share data about the account.",
}


def option_changed(tenant: Tenant, account: str, before: DisclosureOption, now: DisclosureOption, day: str) -> Written:
    """Return the notice that an option was changed."""
    brand = tenant.name
    return Written(
        subject=f"Who can share data about your energy account at {brand} has changed",
        text=(
            f"The data sharing option of an energy account that you hold was changed on {day}.\n\n"
            f"Account: {account}\nBefore: {NAMES[before]}\nNow: {NAMES[now]}\n\n{MEANINGS[now]} "
            f"You can choose another option here:\n{dashboard_of(tenant)}\n\n"
            f"If you cannot use this page, contact {brand}.\n"
        ),
        short=f"{brand}: the data sharing option of {account} was changed on {day}. Now: {NAMES[now]}. {MEANINGS[now]}",
    )


def option_proposed(
    tenant: Tenant, account: str, now: DisclosureOption, proposed: DisclosureOption, due: str
) -> Written:
    """Return the notice that asks a holder to agree to a less restrictive option."""
    brand = tenant.name
    return Written(
        subject=f"Please agree or decline: who can share data about your energy account at {brand}",
        text=(
            "Another holder of an energy account that you hold proposes another data sharing option.\n\n"
            f"Account: {account}\nNow: {NAMES[now]}\nProposed: {NAMES[proposed]}\nAgree or decline by: {due}\n\n"
            f"{MEANINGS[proposed]} The option changes only if all account holders agree. If you do nothing, it stays "
            f"as it is. You can agree or decline here:\n{dashboard_of(tenant)}\n\n"
            f"If you cannot use this page, contact {brand}.\n"
        ),
        short=(
            f"{brand}: another holder of {account} proposes the data sharing option {NAMES[proposed]}. It changes only "
            f"if all holders agree by {due}. You can agree or decline on our data sharing dashboard."
        ),
    )


def option_not_agreed(
    brand: str, account: str, now: DisclosureOption, proposed: DisclosureOption, *, in_time: bool
) -> Written:
    """Return the notice to who proposed an option that it stays as it is; with `in_time`, because somebody declined."""
    why = "Not all account holders agreed" if in_time else "Not all account holders agreed in time"
    return Written(
        subject=f"The data sharing option of your energy account at {brand} stays as it is",
        text=(
            f"You proposed another data sharing option for an energy account. {why}, so the option stays as it is.\n\n"
            f"Account: {account}\nNow: {NAMES[now]}\nProposed: {NAMES[proposed]}\n"
        ),
        short=f"{brand}: the data sharing option of {account} stays {NAMES[now]}. {why} to {NAMES[proposed]}.",
    )
