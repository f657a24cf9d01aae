"""One arrangement in the form in which the dashboard shows it (CDR Rules 1.15; CDS, Data Holder Dashboards)."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID

import msgspec

from apps.dashboard.disclosed import DisclosedOf, DisclosedSummary, disclosed_by_account, disclosed_summary
from apps.dashboard.labels import FORMER_ACCOUNT, titles_by_id
from apps.dashboard.recipients import https_address
from apps.dashboard.status import status_of
from apps.dashboard.timeline import TimelineEntry, timeline_of
from apps.dashboard.viewer import DashboardViewer
from haas.language import gettext
from tenants.accounts.descriptions import AccountName, natural_order
from tenants.accounts.disclosure_rule import withholding_reason
from tenants.accounts.models import HeldAccount
from tenants.arrangements.models import Arrangement, AuthorisedAccount
from tenants.consent.review import clusters_of
from tenants.data_language import Cluster
from tenants.disclosure.models import DisclosedCluster
from themes.views import AccountView, RecipientView, account_view, recipient_view
from themes.wording import Period


class ArrangementView(msgspec.Struct, frozen=True, kw_only=True):
    """The data that the pages show of one arrangement."""

    id: UUID
    recipient: RecipientView
    policy: str | None
    """The address of the recipient's CDR policy."""
    current: bool
    may_stop: bool
    """Whether the person may stop the sharing, and not only see it."""
    status: str
    customer: str | None
    """The customer, if the person does not act for themselves only."""
    customer_name: str | None
    accounts: Sequence[AccountView]
    tells_others: bool
    """Whether other account holders may be told that the sharing is stopped (CDR Rules 4A.14)."""
    concealed: Sequence[str]
    """The joint accounts whose other holders are not told, because of a harm flag (CDR Rules 4A.15)."""
    tells_holders: bool
    """Whether the holders of accounts that the customer only uses may be told of it (CDR Rules 4.28)."""
    agreed: str
    """The label of `consented_at`."""
    consented_at: datetime
    period: Period
    ended_at: datetime | None
    ended_how: str | None
    clusters: Sequence[Cluster]
    timeline: Sequence[TimelineEntry]
    disclosed: Sequence[DisclosedSummary]
    disclosed_by_account: Sequence[DisclosedOf]


def arrangement_view(
    arrangement: Arrangement,
    viewer: DashboardViewer,
    *,
    held: Mapping[UUID, HeldAccount],
    seen: Mapping[UUID, HeldAccount],
    names: Mapping[UUID, AccountName],
    disclosed: Sequence[DisclosedCluster],
    accreditation_number: str | None,
) -> ArrangementView:
    """Return the view of an arrangement.

    `held` contains the customer's accounts by id as they count for who authorised, and `seen` the same accounts as they
    count for who reads. A harm flag is in neither of them for a representative, so that a page does not tell of it.
    `names` are the names of all accounts. `disclosed` is what the ledger has of the arrangement.
    """
    authorisation, customer_id = arrangement.authorisation, arrangement.customer_id
    kind, customer = viewer.kind(customer_id), viewer.represented(customer_id)
    status = status_of(arrangement, viewer, received=bool(disclosed))
    accounts = [_account_view(account, held, names, viewer.now) for account in authorisation.accounts]
    accounts.sort(key=lambda account: natural_order(account.name))
    if not status.current:
        accounts = [msgspec.structs.replace(account, unavailable=None, approve_by=None) for account in accounts]
    about_customer = gettext("About you") if customer is None else gettext("About {name}", name=customer)
    covered = {account.id for version in arrangement.versions for account in version.accounts}
    titles: dict[UUID | None, str] = {None: about_customer}
    titles.update(titles_by_id(covered, names).items())
    by_account = disclosed_by_account(disclosed, titles, kind)
    summary = disclosed_summary(by_account)
    others = [(seen[each.id], seen[each.id].part_of_others) for each in authorisation.accounts if each.id in seen]
    return ArrangementView(
        id=arrangement.id,
        recipient=recipient_view(arrangement.recipient, accreditation_number),
        policy=https_address(arrangement.recipient.policy_uri),
        current=status.current,
        may_stop=status.current and viewer.may_stop(customer_id),
        status=status.text,
        customer=viewer.acting_for(customer_id),
        customer_name=viewer.name(customer_id),
        accounts=accounts,
        tells_others=any(account.joint and part != "not-told" for account, part in others),
        concealed=sorted(account.name for account, part in others if part == "not-told"),
        tells_holders=any(
            account.disclosure_facts.role == "secondary-user" and part != "not-told" for account, part in others
        ),
        agreed=gettext("You agreed") if viewer.acted(customer_id, authorisation.by) is None else gettext("Agreed"),
        consented_at=authorisation.authorised_at,
        period=status.period,
        ended_at=status.ended_at,
        ended_how=status.ended_how,
        clusters=clusters_of(authorisation, kind),
        timeline=timeline_of(arrangement, summary, status, names, viewer),
        disclosed=summary,
        disclosed_by_account=by_account,
    )


def _account_view(
    account: AuthorisedAccount, held: Mapping[UUID, HeldAccount], names: Mapping[UUID, AccountName], now: datetime
) -> AccountView:
    """Return the view of an account, with the reason if its data is not disclosed now."""
    found, name = held.get(account.id), names.get(account.id)
    if found is None:
        title, hint = (gettext(FORMER_ACCOUNT), None) if name is None else (name.title, name.hint)
        return AccountView(id=str(account.id), name=title, number=hint, unavailable="not-held")
    reason = withholding_reason(found.disclosure_facts, account.approval_at(now))
    return msgspec.structs.replace(
        account_view(found),
        unavailable=reason,
        approve_by=account.approve_by if reason == "approval-pending" else None,
    )
