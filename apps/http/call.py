"""One call of an endpoint: the state that its steps share, and functions that run the steps."""

from collections.abc import Awaitable, Iterable
from typing import Any, TypeVar

from litestar import Request, Response

from apps.http.context import TenantContext, context
from haas.database import Transaction
from haas.steps import Step, run
from tenants.calls import CallTier

HttpRequest = Request[Any, Any, Any]


class Call:
    """The state of one call. Attributes without an initial value are set by steps."""

    tx: Transaction
    """The open transaction; set only within `in_transaction`."""
    response: Response[Any]

    def __init__(self, request: HttpRequest, operation: str, tier: CallTier, *, authenticated: bool) -> None:
        """Set the operation for the call record. `authenticated` says whether the endpoint requires authentication."""
        self.request = request
        self.context: TenantContext = context(request)
        self.context.operation, self.context.tier = operation, tier
        self.context.authenticated = authenticated


AnyCall = TypeVar("AnyCall", bound=Call)


class InTransaction:
    """A group of steps that run in one transaction of the tenant. See `in_transaction`."""

    def __init__(self, steps: Iterable[Step[Any]]) -> None:
        """Take the steps."""
        self.steps = tuple(steps)

    def __call__(self, call: Call) -> Awaitable[None]:
        """Run the steps in a transaction and commit it."""
        return self._run(call)

    async def _run(self, call: Call) -> None:
        ctx = call.context
        async with ctx.services.database.transaction(ctx.tenant.namespace) as tx:
            call.tx = tx
            await run(self.steps, call)


def in_transaction(*steps: Step[Any]) -> InTransaction:
    """Return one step that runs `steps` in a transaction of the tenant.

    The transaction is committed after the last step. If a step raises an error, the transaction is rolled back, unless
    the error is a HaasError and an earlier step has called `Transaction.commit_on_refusal`.
    """
    return InTransaction(steps)


async def respond(steps: Iterable[Step[AnyCall]], call: AnyCall) -> Response[Any]:
    """Run the steps of an endpoint and return the response that they have set."""
    await run(steps, call)
    return call.response
