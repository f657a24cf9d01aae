"""The list of the accounts that a person's customers hold together with others."""

from typing import Final
from uuid import UUID

import msgspec

from apps.dashboard.joint_addresses import account_path
from apps.dashboard.joint_requests import accounts_by_id
from apps.dashboard.labels import joined
from apps.dashboard.viewer import DashboardViewer
from haas.database import Transaction
from haas.language import gettext
from tenants.accounts.descriptions import natural_order
from tenants.joint_accounts import overview
from tenants.parties.acting import Acting
from tenants.parties.errors import MayNotAct
from themes.joint_wording import OPTION_NAMES

MOST_ON_FIRST_PAGE: Final = 4
"""How many accounts the first page lists. It links to the list of all."""


class JointCard(msgspec.Struct, frozen=True, kw_only=True):
    """What a list shows of one account."""

    path: str
    name: str
    number: str | None
    closed: bool
    customer: str | None
    """The customer, if the person does not act for themselves only."""
    option: str
    has_others: bool
    to_answer: int
    """How many questions wait for an answer."""
    shared_with: str
    """The recipients with which other holders share data of the account now; empty if there are none."""


async def joint_cards(tx: Transaction, login_id: UUID, viewer: DashboardViewer) -> list[JointCard]:
    """Return the cards of all accounts, for every customer for whom the person acts; those with a question first.

    A customer for whom the person may not act any more is left out.
    """
    cards: list[JointCard] = []
    for customer in viewer.customers:
        acting = Acting(customer_id=customer.id, login_id=login_id)
        try:
            found = await overview.joint_accounts(tx, acting, now=viewer.now)
        except MayNotAct:
            continue
        held = await accounts_by_id(tx, customer.id, viewer.now) if found else {}
        cards += [
            JointCard(
                path=account_path(customer.id, each.account_id),
                name=held[each.account_id].name,
                number=held[each.account_id].number,
                closed=held[each.account_id].closed,
                customer=viewer.acting_for(customer.id),
                option=gettext(OPTION_NAMES[each.option]),
                has_others=each.has_others,
                to_answer=each.to_answer,
                shared_with=joined(each.products, "recipient"),
            )
            for each in found
        ]
    return sorted(cards, key=lambda card: (not card.to_answer, card.closed, natural_order(card.name)))
