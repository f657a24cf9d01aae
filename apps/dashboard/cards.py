"""The list of arrangements: a card for each, grouped by recipient, so that a person can tell them apart."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID

import msgspec

from apps.dashboard.labels import account_titles, joined
from apps.dashboard.status import status_of
from apps.dashboard.viewer import DashboardViewer
from haas.language import gettext
from tenants.accounts.descriptions import AccountName
from tenants.arrangements.models import Arrangement
from tenants.consent.review import clusters_of
from themes.views import RecipientView, recipient_view


class WaitingAccounts(msgspec.Struct, frozen=True):
    """How many accounts wait for an approval, and until when it can be given."""

    number: int
    until: datetime


class ArrangementCard(msgspec.Struct, frozen=True, kw_only=True):
    """What the list shows of one arrangement."""

    id: UUID
    title: str
    """The accounts: the recipient is the heading of the group."""
    current: bool
    status: str
    summary: str
    customer: str | None
    agreed_at: datetime
    """When the customer first agreed."""
    data: str
    received_at: datetime | None
    """When the recipient last received data."""
    waiting: WaitingAccounts | None
    """The accounts of which nothing is shared before their other holders have approved it."""


class RecipientGroup(msgspec.Struct, frozen=True):
    """The arrangements with one software product of a recipient, the newest first."""

    recipient: RecipientView
    cards: Sequence[ArrangementCard]


def cards_by_recipient(
    arrangements: Sequence[Arrangement],
    received: Mapping[UUID, datetime],
    names: Mapping[UUID, AccountName],
    viewer: DashboardViewer,
) -> tuple[list[RecipientGroup], list[RecipientGroup]]:
    """Return the groups of the arrangements that are in force, and of those that have ended.

    `arrangements` are in the order in which their recipients are listed. `received` is when data was last disclosed
    under each, and `names` are the names of the accounts.
    """
    cards = [(each, _card(each, received.get(each.id), names, viewer)) for each in arrangements]
    return (
        _grouped([(each, card) for each, card in cards if card.current]),
        _grouped([(each, card) for each, card in cards if not card.current]),
    )


def _grouped(cards: Sequence[tuple[Arrangement, ArrangementCard]]) -> list[RecipientGroup]:
    groups: dict[str, list[tuple[Arrangement, ArrangementCard]]] = {}
    for arrangement, card in cards:
        groups.setdefault(arrangement.recipient.software_id, []).append((arrangement, card))
    return [
        RecipientGroup(recipient_view(group[0][0].recipient), [card for _, card in group]) for group in groups.values()
    ]


def _card(
    arrangement: Arrangement,
    received_at: datetime | None,
    names: Mapping[UUID, AccountName],
    viewer: DashboardViewer,
) -> ArrangementCard:
    authorisation = arrangement.authorisation
    status = status_of(arrangement, viewer, received=received_at is not None)
    accounts = account_titles([account.id for account in authorisation.accounts], names)
    clusters = clusters_of(authorisation, viewer.kind(arrangement.customer_id))
    return ArrangementCard(
        id=arrangement.id,
        title=joined(accounts, "account") if accounts else _details_of(arrangement.customer_id, viewer),
        current=status.current,
        status=status.text,
        summary=status.summary(viewer),
        customer=viewer.acting_for(arrangement.customer_id),
        agreed_at=arrangement.versions[0].authorised_at,
        data=joined([cluster.title for cluster in clusters], "kind"),
        received_at=received_at,
        waiting=_waiting(arrangement, viewer) if status.current else None,
    )


def _waiting(arrangement: Arrangement, viewer: DashboardViewer) -> WaitingAccounts | None:
    """Return how many accounts wait for the approval of their other holders, and until when."""
    limits = [
        each.approve_by
        for each in arrangement.authorisation.accounts
        if each.approve_by is not None and each.approval_at(viewer.now) == "pending"
    ]
    return WaitingAccounts(len(limits), min(limits)) if limits else None


def _details_of(customer_id: UUID, viewer: DashboardViewer) -> str:
    """Return the title of an arrangement without accounts: it shares only data about the customer."""
    customer = viewer.represented(customer_id)
    return gettext("Your details") if customer is None else gettext("Details of {customer}", customer=customer)
