"""What the leader of a database node reads every half minute for Prometheus, and the metrics that follow from it.

A scrape never waits for the database: it gets what was read last. What is older than two minutes is not shown.
"""

import asyncio
import logging
from collections.abc import Iterable
from datetime import datetime, timedelta
from time import monotonic
from typing import Final

from cryptography import x509
from prometheus_client.metrics_core import Metric

from haas.database import Namespace
from haas.errors import HaasError, Unavailable
from haas.metrics import TenantLabels, gauge, gauges
from haas.settings import MAIN_NODE
from tenants.housekeeping.measurements import access_states, measure_tenant, poll_times
from tenants.market.models import AccessState
from tenants.registry.models import Tenant
from tenants.registry.names import control_namespace, market_change_namespace
from tenants.services import Services

logger = logging.getLogger(__name__)

INTERVAL: Final = timedelta(seconds=30)
SECONDS_TO_MEASURE: Final = 25.0
SECONDS_SHOWN: Final = 120.0
CONCURRENT: Final = 2
Values = dict[tuple[str, ...], float]


class Measurements:
    """The values of one process, by node, because a process can lead several nodes."""

    def __init__(self, services: Services) -> None:
        """Nothing is read before `measure`."""
        self._services = services
        self._market: Namespace = market_change_namespace(services.settings)
        self._control: Namespace = control_namespace(services.settings)
        self._labels = TenantLabels(services.settings.metrics_tenants)
        self._began = services.clock.now()
        self._read_at: dict[str, float] = {}
        self._overdue: dict[str, Values] = {}
        self._codes: dict[str, Values] = {}
        self._wrong_answers: dict[str, Values] = {}
        self._findings: dict[str, Values] = {}
        self._reports: dict[str, Values] = {}
        self._poll_ages: Values = {}
        self._aemo: list[AccessState] = []
        self._certificate_ends: dict[tuple[str, ...], datetime] = {}

    async def measure(self, node: str) -> None:
        """Read the state of the tenants of `node`, and of the deployment if it is the main node.

        A tenant that cannot be read is left out. Raises Unavailable, also if all of it takes too long.
        """
        try:
            async with asyncio.timeout(SECONDS_TO_MEASURE):
                tenants = await self._services.registry.all()
                if node == MAIN_NODE:
                    await self._measure_deployment(tenants)
                await self._measure_tenants(node, [tenant for tenant in tenants if tenant.namespace.node == node])
        except TimeoutError as error:
            raise Unavailable(f"the tenants could not be read within {SECONDS_TO_MEASURE} s") from error
        self._read_at[node] = monotonic()

    async def _measure_tenants(self, node: str, tenants: list[Tenant]) -> None:
        now, slots = self._services.clock.now(), asyncio.Semaphore(CONCURRENT)
        overdue: Values = {}
        codes: Values = {}
        wrong_answers: Values = {}
        findings: Values = {}
        reports: Values = {}

        async def one(tenant: Tenant) -> None:
            async with slots:
                try:
                    found = await measure_tenant(self._services.database, tenant, now)
                except HaasError:
                    return  # the database has its own metrics
            label = (self._labels.of(tenant.slug),)
            # Tenants above the limit share a label, which has the value of the worst one.
            overdue[label] = max(overdue.get(label, 0.0), found.longest_overdue_seconds)
            codes[label] = max(codes.get(label, 0.0), found.code_budget_used)
            wrong_answers[label] = max(wrong_answers.get(label, 0.0), found.wrong_answers)
            findings[label] = max(findings.get(label, 0.0), found.findings_overdue)
            for report, number in found.reports._asdict().items():
                reports[*label, report] = reports.get((*label, report), 0.0) + number

        async with asyncio.TaskGroup() as group:
            for tenant in tenants:
                group.create_task(one(tenant))
        self._overdue[node], self._codes[node], self._wrong_answers[node] = overdue, codes, wrong_answers
        self._findings[node], self._reports[node] = findings, reports

    async def _measure_deployment(self, tenants: list[Tenant]) -> None:
        services, now = self._services, self._services.clock.now()
        polled = await poll_times(services.database, self._control)
        used = {tenant.register_environment.id for tenant in tenants}
        self._poll_ages = {(each,): (now - (polled.get(each) or self._began)).total_seconds() for each in sorted(used)}
        self._aemo = await access_states(services.database, self._market)
        self._certificate_ends = {
            (state.id.participant_id, state.id.environment): _certificate_ends(state.certificate)
            for state in self._aemo
        }

    def collect(self) -> Iterable[Metric]:
        """Return the values that were read within the last two minutes."""
        fresh = [node for node, read_at in list(self._read_at.items()) if monotonic() - read_at < SECONDS_SHOWN]
        for name, text, values in (
            ("haas_outbox_overdue_seconds", "For how long the oldest notice is due.", self._overdue),
            ("haas_code_budget_used_ratio", "Share of an hour's one-time passwords that were sent.", self._codes),
            ("haas_wrong_answers_ratio", "Wrong one-time passwords, as share of an attack.", self._wrong_answers),
            ("haas_findings_overdue", "Findings and persons past the time limit of the CDR Rules.", self._findings),
        ):
            # Tenants of several nodes can share the label `other`.
            merged: Values = {}
            for node in fresh:
                for label, value in values[node].items():
                    merged[label] = max(merged.get(label, 0.0), value)
            yield gauges(name, text, ["tenant"], merged.items())
        counted: Values = {}
        for node in fresh:
            for labels, number in self._reports[node].items():
                counted[labels] = counted.get(labels, 0.0) + number
        text = "Text messages that a gateway has reported in the last hour."
        yield gauges("haas_text_messages_reported", text, ["tenant", "report"], counted.items())
        if MAIN_NODE in fresh:
            yield from self._of_the_deployment()

    def _of_the_deployment(self) -> Iterable[Metric]:
        yield gauges(
            "haas_register_poll_age_seconds",
            "Seconds since the statuses of the Register were read.",
            ["environment"],
            self._poll_ages.items(),
        )
        now = self._services.clock.now()
        ages = [(now - state.password_set_at).total_seconds() for state in self._aemo if state.password_set_at]
        yield gauge("haas_aemo_password_age_seconds", "Age of the oldest password at AEMO.", max(ages, default=0.0))
        stopped = sum(state.is_stopped for state in self._aemo)
        yield gauge("haas_aemo_passwords_stopped", "Participants whose password at AEMO is unknown.", stopped)
        yield gauges(
            "haas_aemo_certificate_seconds_left",
            "Seconds until the client certificate of a participant ends.",
            ["participant", "environment"],
            [(labels, (ends - now).total_seconds()) for labels, ends in self._certificate_ends.items()],
        )


def _certificate_ends(pem: str) -> datetime:
    return x509.load_pem_x509_certificate(pem.encode()).not_valid_after_utc
