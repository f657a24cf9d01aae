"""What each request for a page about joint accounts begins with: the session, and for whom the person acts."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from litestar import Request

from apps.dashboard.browser import DashboardSession, ask_for_person, require_session, viewer_of_session
from apps.dashboard.viewer import DashboardViewer
from apps.http.context import context
from haas.database import Transaction
from tenants.accounts import service as accounts
from tenants.accounts.models import HeldAccount
from tenants.joint_accounts.errors import NotAHolder
from tenants.parties.acting import Acting
from tenants.registry.models import Tenant

_Request = Request[Any, Any, Any]


class JointRequest(NamedTuple):
    """A request of a person who is signed in, and the transaction in which it is answered."""

    tx: Transaction
    tenant: Tenant
    session: DashboardSession
    viewer: DashboardViewer
    acting: Acting
    now: datetime

    @property
    def services(self) -> tuple[Transaction, Tenant, Acting]:
        """The first arguments of the services for holders."""
        return self.tx, self.tenant, self.acting


@asynccontextmanager
async def joint_request(request: _Request, customer_id: UUID) -> AsyncIterator[JointRequest]:
    """Begin a transaction for a person who says that they act for a customer. Raises NotSignedIn.

    Whether the person may act for the customer is checked by each service.
    """
    ctx, person = context(request), await ask_for_person(request)
    async with ctx.services.database.transaction(ctx.tenant.namespace) as tx:
        session = await require_session(request, tx, person)
        acting = Acting(customer_id=customer_id, login_id=session.login_id)
        yield JointRequest(tx, ctx.tenant, session, viewer_of_session(request, session), acting, ctx.now)


async def accounts_by_id(tx: Transaction, customer_id: UUID, now: datetime) -> dict[UUID, HeldAccount]:
    """Return the accounts of a customer by their ids, as no recipient in particular asks for them."""
    return {each.id: each for each in await accounts.accounts_of(tx, customer_id, "", now)}


async def named_account(asked: JointRequest, account_id: UUID) -> HeldAccount:
    """Return how an account of the customer is described. Raises NotAHolder; a service must have checked the rest."""
    found = (await accounts_by_id(asked.tx, asked.acting.customer_id, asked.now)).get(account_id)
    if found is None:
        raise NotAHolder(f"customer {asked.acting.customer_id} has no account {account_id}")
    return found
