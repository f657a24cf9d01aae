"""One arrangement in the form in which the dashboard shows it (CDR Rules 1.15; CDS, Data Holder Dashboards)."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from urllib.parse import urlsplit
from uuid import UUID

import msgspec

from apps.dashboard.disclosed import DisclosedOf, DisclosedSummary, disclosed_by_account, disclosed_summary
from apps.dashboard.labels import account_label
from apps.dashboard.status import status_of
from apps.dashboard.timeline import TimelineEntry, timeline_of
from apps.dashboard.viewer import DashboardViewer
from tenants.accounts.disclosure_rule import withholding_reason
from tenants.accounts.models import HeldAccount, account_hint, account_name
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
    concealed_from_holders: Sequence[str]
    """The accounts that the customer only uses and whose holders are not told, because of a harm flag."""
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
    disclosed: Sequence[DisclosedCluster],
    accreditation_number: str | None,
) -> ArrangementView:
    """Return the view of an arrangement.

    `held` contains the customer's accounts by id. `disclosed` is what the ledger has of the arrangement.
    """
    authorisation, customer_id = arrangement.authorisation, arrangement.customer_id
    kind, subject = viewer.kind(customer_id), viewer.subject(customer_id)
    status = status_of(arrangement, viewer, received=bool(disclosed))
    accounts = [_account_view(account, held) for account in authorisation.accounts]
    if not status.current:
        accounts = [msgspec.structs.replace(account, unavailable=None) for account in accounts]
    about_customer = "About you" if subject == "You" else f"About {subject}"
    names: dict[UUID | None, str] = {None: about_customer}
    names.update((each.id, account_label(each)) for version in arrangement.versions for each in version.accounts)
    by_account = disclosed_by_account(disclosed, names, kind)
    summary = disclosed_summary(by_account)
    known = [held[each.id] for each in authorisation.accounts if each.id in held]
    joint = [each for each in known if each.joint]
    used = [each for each in known if each.disclosure_facts.role == "secondary-user"]
    return ArrangementView(
        id=arrangement.id,
        recipient=recipient_view(arrangement.recipient, accreditation_number),
        policy=_https(arrangement.recipient.policy_uri),
        current=status.current,
        status=status.text,
        customer=viewer.acting_for(customer_id),
        customer_name=viewer.name(customer_id),
        accounts=accounts,
        tells_others=any(not each.disclosure_facts.is_harm_flagged for each in joint),
        concealed=[each.name for each in joint if each.disclosure_facts.is_harm_flagged],
        tells_holders=any(not each.disclosure_facts.is_harm_flagged for each in used),
        concealed_from_holders=[each.name for each in used if each.disclosure_facts.is_harm_flagged],
        agreed="You agreed" if subject == "You" else "Agreed",
        consented_at=authorisation.authorised_at,
        period=status.period,
        ended_at=status.ended_at,
        ended_how=status.ended_how,
        clusters=clusters_of(authorisation, kind),
        timeline=timeline_of(arrangement, summary, status, viewer),
        disclosed=summary,
        disclosed_by_account=by_account,
    )


def _account_view(account: AuthorisedAccount, held: Mapping[UUID, HeldAccount]) -> AccountView:
    """Return the view of an account, with the reason if its data is not disclosed now."""
    found = held.get(account.id)
    if found is None:
        name, number = account_name(account.display_name), account_hint(account.account_number)
        return AccountView(id=str(account.id), name=name, number=number, unavailable="not-held")
    return msgspec.structs.replace(
        account_view(found), unavailable=withholding_reason(found.disclosure_facts, account.approval)
    )


def _https(address: str | None) -> str | None:
    """Return an address that a page can link to, or None: software statements may contain other kinds."""
    if address is None:
        return None
    try:
        parts = urlsplit(address)
    except ValueError:
        return None
    return address if parts.scheme == "https" and parts.hostname else None
