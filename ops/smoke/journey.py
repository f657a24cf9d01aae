"""The data sharing process at one brand: register, get consent, fetch data, withdraw, check the end of access."""

from collections.abc import Iterable
from datetime import timedelta
from typing import Any, Final

import httpx
import msgspec

from ops.browser.errors import Unexpected
from ops.browser.person import Person
from ops.sandbox.jose import read_unverified
from ops.sandbox.messages import NO_DEVIATION, Deviation
from ops.sandbox.recipient.answers import Flow, Refused, Tokens
from ops.sandbox.tenants import RESOURCE_PATH
from ops.smoke.participants import Participants, Recipient
from ops.smoke.steps import Steps
from ops.stack.description import TenantDescription

YEAR: Final = int(timedelta(days=365).total_seconds())
_OK: Final = 200
_REFUSALS: Final = (401, 403)
_DAYS_OF_USAGE: Final = timedelta(days=60)
_POINTS: Final = "/energy/electricity/servicepoints"
_OF_AN_ACCOUNT: Final = {"get agreed payment schedule": "payment-schedule", "get concessions": "concessions"}


class Journey:
    """One person and one data recipient at one brand. Each method performs a few steps."""

    def __init__(
        self, participants: Participants, tenant: TenantDescription, steps: Steps, *, customer: int = 0
    ) -> None:
        """`customer` is the index of the demonstration customer who acts as the person."""
        self._participants = participants
        self._steps = steps
        self.tenant = tenant
        self._customer = customer
        people = msgspec.convert(tenant.demonstration_customers, list[_Customer])
        if not people:
            raise Unexpected("demonstration customers in stack.json", f"none of {tenant.slug}")
        self.identifier = people[customer % len(people)].identifier
        self._recipient: Recipient | None = None

    @property
    def recipient(self) -> Recipient:
        """The recipient. Raises Unexpected before it has registered."""
        if self._recipient is None:
            raise Unexpected("a registered recipient", "none")
        return self._recipient

    def for_next_customer(self) -> "Journey":
        """Return the journey of the next customer with the same recipient."""
        journey = Journey(self._participants, self.tenant, self._steps, customer=self._customer + 1)
        journey._recipient = self._recipient
        return journey

    async def run(self) -> None:
        """Perform every step of the data sharing process."""
        await self.check_public_endpoints()
        await self.register()
        tokens = await self.share()
        await self.fetch(tokens)
        tokens = await self.renew(tokens)
        await self.withdraw(tokens)
        await self.check_access_ended(tokens)

    async def check_public_endpoints(self) -> None:
        """Call the public endpoints without a certificate or a token."""
        person = await self._participants.person()
        base = self.tenant.public_base_uri + RESOURCE_PATH
        for step, path in (("get status", "/discovery/status"), ("get outages", "/discovery/outages")):
            with self._step(step):
                _data(await person.http.get(base + path, headers={"x-v": "1"}))

    async def register(self, request: Deviation = NO_DEVIATION) -> None:
        """Add a software product to the Register and register it with the brand (RFC 7591)."""
        with self._step("software product, certificate, discovery"):
            recipient = await self._participants.recipient(self.tenant)
        with self._step("register the client"):
            ssa = await self._participants.control.ssa(recipient.product)
            registered = await recipient.client.register(ssa, request)
            supported = recipient.client.holder.metadata.scopes_supported
            _check_scopes(registered["scope"], supported.intersection(read_unverified(ssa).claims["scope"].split()))
        self._recipient = recipient

    async def share(self) -> Tokens:
        """Get a consent for one year from the person, and tokens for it."""
        flow, person, seen = await self.begin()
        return await self.complete(flow, person, seen)

    async def begin(self) -> tuple[Flow, Person, int]:
        """Push the request and enter the identifier, so that a one-time password is sent.

        Return the flow, the person, and the number of the newest message before the one-time password.
        """
        client = self.recipient.client
        with self._step("pushed authorisation request"):
            flow = await client.push(self.recipient.scope, sharing_duration=YEAR)
        with self._step("authorise: first page"):
            person = await (await self._participants.person()).open(client.authorisation_url(flow))
        seen = await self._participants.control.newest_message()
        with self._step("identify"):
            await person.identify(self.identifier)
            person.page.element("code")
        return flow, person, seen

    async def complete(self, flow: Flow, person: Person, seen: int) -> Tokens:
        """Enter the one-time password from a message after `seen`, complete the flow, and exchange the code."""
        client = self.recipient.client
        with self._step("one-time code"):
            code = await self._participants.control.code(self.identifier, seen)
        with self._step("verify"):
            await person.verify(code)
            await person.choose_customer()
        with self._step("choose accounts"):
            await person.choose_accounts()
            person.page.element("authorise")
        with self._step("authorise"):
            authorised = await client.read_response(await person.authorise(), flow)
        with self._step("token"):
            tokens = await client.exchange(authorised, flow)
            if not tokens.refresh_token or not tokens.cdr_arrangement_id:
                raise Unexpected("a refresh token and an arrangement id", "a token response without them")
            _check_scopes(str(tokens.scope), self.recipient.scope.split())
        return tokens

    async def fetch(self, tokens: Tokens) -> None:
        """Fetch the data that the consent covers."""
        with self._step("get customer"):
            await self._get("/common/customer", tokens, version=1)
        with self._step("get customer detail"):
            await self._get("/common/customer/detail", tokens, version=2)
        with self._step("get energy accounts"):
            accounts = (await self.accounts(tokens))["accounts"]
            if not accounts:
                raise Unexpected("at least one account", "none")
        supplied = await self._fetch_account_details(tokens, [str(account["accountId"]) for account in accounts])
        with self._step("get balances: bulk, specific"):
            bulk = await self._get("/energy/accounts/balances", tokens, version=1)
            ids = [account["accountId"] for account in accounts]
            specific = await self._post("/energy/accounts/balances", {"accountIds": ids}, tokens, version=1)
            if not bulk["balances"] or bulk != specific:
                raise Unexpected("the same balances from both operations", f"{bulk} and {specific}")
        with self._step("get balance"):
            for known in bulk["balances"]:
                single = await self._get(f"/energy/accounts/{known['accountId']}/balance", tokens, version=1)
                if single["balance"] != known["balance"]:
                    raise Unexpected(f"the balance {known['balance']}", str(single))
        for step, segment in _OF_AN_ACCOUNT.items():
            with self._step(step):
                for account in accounts:
                    await self._get(f"/energy/accounts/{account['accountId']}/{segment}", tokens, version=1)
        await self._fetch_bills(tokens, ids)
        await self._fetch_service_points(tokens, supplied)
        with self._step("userinfo"):
            claims = await self.recipient.client.userinfo(tokens.access_token)
            if claims.get("sub") != tokens.id_claims["sub"]:
                raise Unexpected(f"sub {tokens.id_claims['sub']}", f"sub {claims.get('sub')}")

    async def _fetch_account_details(self, tokens: Tokens, account_ids: list[str]) -> set[str]:
        """Fetch each account. Return the service points of those that are open: the others are not listed any more."""
        supplied: set[str] = set()
        with self._step("get energy account detail"):
            for account_id in account_ids:
                detail = await self._get(f"/energy/accounts/{account_id}", tokens, version=4)
                if detail["accountId"] != account_id:
                    raise Unexpected(f"account {account_id}", f"account {detail['accountId']}")
                if detail.get("openStatus") != "CLOSED":
                    supplied.update(point for plan in detail["plans"] for point in plan.get("servicePointIds", []))
        return supplied

    async def _fetch_bills(self, tokens: Tokens, account_ids: list[str]) -> None:
        """Fetch the invoices and the billing transactions in the three ways, and compare the answers."""
        for segment, name, version in (("invoices", "invoices", 1), ("billing", "transactions", 3)):
            path = f"/energy/accounts/{segment}"
            with self._step(f"get {segment}: bulk, specific"):
                bulk = await self._get(path, tokens, version=version, page_size=1000)
                specific = await self._post(path, {"accountIds": account_ids}, tokens, version=version, page_size=1000)
                if not bulk[name] or bulk != specific:
                    raise Unexpected(f"the same {name} from both operations", f"{bulk} and {specific}")
            with self._step(f"get {segment} for each account"):
                for account_id in account_ids:
                    of_one = f"/energy/accounts/{account_id}/{segment}"
                    found = (await self._get(of_one, tokens, version=version, page_size=1000))[name]
                    if found != [each for each in bulk[name] if each["accountId"] == account_id]:
                        raise Unexpected(f"the {name} of the account among those of all accounts", str(found))

    async def renew(self, tokens: Tokens) -> Tokens:
        """Refresh the access token and introspect the refresh token. Return the tokens to use from then on."""
        refresh_token = str(tokens.refresh_token)
        with self._step("refresh"):
            renewed = await self.recipient.client.refresh(refresh_token)
            await self.accounts(renewed)
        with self._step("introspect"):
            answer = await self.recipient.client.introspect(refresh_token)
            if not answer.active or answer.cdr_arrangement_id != tokens.cdr_arrangement_id:
                raise Unexpected(f"an active token of arrangement {tokens.cdr_arrangement_id}", repr(answer))
        return msgspec.structs.replace(tokens, access_token=renewed.access_token)

    async def withdraw(self, tokens: Tokens) -> None:
        """Sign in to the dashboard and stop sharing."""
        person, control = await self._participants.person(), self._participants.control
        seen = await control.newest_message()
        with self._step("dashboard: sign in"):
            await person.sign_in(
                self.tenant.dashboard_url, self.identifier, lambda: control.code(self.identifier, seen)
            )
        with self._step("dashboard: stop sharing"):
            await person.withdraw(self.tenant.dashboard_url, str(tokens.cdr_arrangement_id))
            if person.page.status != _OK or "notice" not in person.page.elements:
                raise Unexpected("the arrangement's page with a #notice", person.page.described())

    async def check_access_ended(self, tokens: Tokens) -> None:
        """Check that no more data is disclosed, and that the recipient was notified."""
        client, refresh_token = self.recipient.client, str(tokens.refresh_token)
        with self._step("the access token is refused"):
            response = await client.resource("/energy/accounts", tokens.access_token, version=2)
            if response.status_code not in _REFUSALS:
                raise Unexpected("401 or 403", _described(response))
        with self._step("the refresh token is refused"):
            try:
                await client.refresh(refresh_token)
            except Refused as refusal:
                if refusal.error != "invalid_grant":
                    raise Unexpected("invalid_grant", str(refusal)) from refusal
            else:
                raise Unexpected("invalid_grant", "new tokens")
        with self._step("the refresh token is inactive"):
            if (answer := await client.introspect(refresh_token)).active:
                raise Unexpected("an inactive token", repr(answer))
        await self.check_revocation_notice(tokens)

    async def fail_notices(self, failures: int) -> None:
        """Make the next `failures` calls of the recipient's revocation endpoint fail."""
        await self._participants.control.fail_notices(self.recipient.product, failures)

    async def check_revocation_notice(self, tokens: Tokens) -> None:
        """Receive the holder's signed notice (CDS, CDR Arrangement Revocation End Point)."""
        with self._step("the recipient was notified"):
            await self._participants.control.notice(str(tokens.cdr_arrangement_id))

    async def accounts(self, tokens: Tokens) -> dict[str, Any]:
        """Get Energy Accounts. Raises Unexpected."""
        return await self._get("/energy/accounts", tokens, version=2)

    async def _fetch_service_points(self, tokens: Tokens, expected: set[str]) -> None:
        """Fetch the data of the service points that the plans of the accounts name."""
        with self._step("get service points"):
            listed = (await self._get(_POINTS, tokens, version=2))["servicePoints"]
            points = {point["servicePointId"]: point["nationalMeteringId"] for point in listed}
            if points.keys() != expected:
                raise Unexpected(f"the service points {sorted(expected)}", str(sorted(points)))
        with self._step("get service point detail"):
            for identifier, nmi in points.items():
                detail = await self._get(f"{_POINTS}/{identifier}", tokens, version=2)
                if (detail["servicePointId"], detail["nationalMeteringId"]) != (identifier, nmi):
                    raise Unexpected(f"the service point {identifier}", f"another one: {detail['servicePointId']}")
        with self._step("get DER: bulk, specific, single"):
            bulk = await self._get(f"{_POINTS}/der", tokens, version=1)
            specific = await self._post(f"{_POINTS}/der", {"servicePointIds": list(points)}, tokens, version=1)
            single = [await self._get(f"{_POINTS}/{identifier}/der", tokens, version=1) for identifier in points]
            if bulk["derRecords"] != single or bulk != specific:
                raise Unexpected("the same DER records from three operations", f"{bulk}, {specific} and {single}")
        with self._step("get usage: bulk, specific, single"):
            # So few days that one page has all of their reads.
            oldest = (self._participants.clock.now() - _DAYS_OF_USAGE).date()
            filters = {"interval-reads": "MIN_30", "oldest-date": str(oldest)}
            form: dict[str, Any] = {"version": 1, "page_size": 1000, "filters": filters}
            bulk = await self._get(f"{_POINTS}/usage", tokens, **form)
            specific = await self._post(f"{_POINTS}/usage", {"servicePointIds": list(points)}, tokens, **form)
            single = [await self._get(f"{_POINTS}/{identifier}/usage", tokens, **form) for identifier in points]
            if not all("intervalReads" in read.get("intervalRead", {"intervalReads": []}) for read in bulk["reads"]):
                raise Unexpected("the reads of half hours", "reads without them")
            of_all = [read for each in single for read in each["reads"]]
            if bool(bulk["reads"]) != bool(points) or specific["reads"] != of_all:
                raise Unexpected("the same reads from three operations", f"{len(specific['reads'])} other ones")

    async def _post(
        self,
        path: str,
        named: dict[str, list[str]],
        tokens: Tokens,
        *,
        version: int,
        page_size: int | None = None,
        filters: dict[str, str] | None = None,
    ) -> dict[str, Any]:
        """Ask for the data of the accounts or service points that are named. Raises Unexpected."""
        return _data(
            await self.recipient.client.resource(
                path,
                tokens.access_token,
                version=version,
                method="POST",
                params=_query(page_size, filters),
                headers={"Content-Type": "application/json"},
                content=msgspec.json.encode({"data": named, "meta": {}}),
            )
        )

    async def _get(
        self,
        path: str,
        tokens: Tokens,
        *,
        version: int,
        page_size: int | None = None,
        filters: dict[str, str] | None = None,
    ) -> dict[str, Any]:
        client, query = self.recipient.client, _query(page_size, filters)
        return _data(await client.resource(path, tokens.access_token, version=version, params=query))

    def _step(self, name: str) -> Any:
        return self._steps.step(self.tenant.slug, name)


class _Customer(msgspec.Struct, frozen=True):
    identifier: str


def _query(page_size: int | None, filters: dict[str, str] | None) -> dict[str, str]:
    return {**(filters or {}), **({} if page_size is None else {"page-size": str(page_size)})}


def _check_scopes(scope: str, expected: Iterable[str]) -> None:
    if set(scope.split()) != set(expected):
        raise Unexpected(f"the scopes {' '.join(sorted(expected))}", scope)


def _data(response: httpx.Response) -> dict[str, Any]:
    if response.status_code != _OK:
        raise Unexpected("200", _described(response))
    data: dict[str, Any] = response.json()["data"]
    return data


def _described(response: httpx.Response) -> str:
    return f"{response.status_code} from {response.request.url.path}: {response.text[:400]}"
