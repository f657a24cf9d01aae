"""The alerts and dashboards: each alert has a runbook, and each query finds its metrics in what the stack publishes."""

import json
import re
import shutil
import subprocess
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import promql_parser as promql
import pytest
import yaml
from prometheus_client.parser import text_string_to_metric_families

from haas.clock import SystemClock
from ops.sandbox.transport import http_client
from ops.stack.embedded import Stack
from ops.stack.layout import measured_processes
from tenants.authentication.limits import ALARM_AT, CODES_OF_A_TENANT, STRANGERS
from tenants.cds.tiers import THRESHOLD_MILLISECONDS
from tests.support.compose import PROJECT
from workers.dispatch import Dispatcher
from workers.measurements import Measurements
from workers.schedule import Scheduler

MONITORING = PROJECT / "ops" / "monitoring"
ALERTS: list[dict[str, Any]] = [
    rule for group in yaml.safe_load((MONITORING / "alerts.yml").read_text())["groups"] for rule in group["rules"]
]
DASHBOARDS = sorted((MONITORING / "dashboards").glob("*.json"))
MADE_BY_PROMETHEUS = {"up"}
"""Prometheus itself adds this metric to each target, with the labels of the target."""
Sample = dict[str, list[dict[str, str]]]
"""The labels of each series, by the name of the metric."""


def panels(file: Path) -> Iterator[tuple[str, str]]:
    for panel in json.loads(file.read_text())["panels"]:
        for target in panel["targets"]:
            # Grafana replaces its variables before it asks.
            yield panel["title"], target["expr"].replace("$__rate_interval", "1m").replace("$tenant", ".*")


QUERIES = [
    *((rule["alert"], rule["expr"]) for rule in ALERTS),
    *((f"{file.stem}: {title}", query) for file in DASHBOARDS for title, query in panels(file)),
]


def test_each_alert_has_a_severity_and_a_section_of_the_runbook() -> None:
    text = (PROJECT / "docs" / "operations.md").read_text().partition("\n## Alerts\n")[2].partition("\n## ")[0]
    headings = re.findall(r"^### (.+)$", text, re.MULTILINE)
    anchors = {f"docs/operations.md#{heading.lower().replace(' ', '-')}" for heading in headings}
    assert {rule["annotations"]["runbook"] for rule in ALERTS} == anchors
    assert {rule["labels"]["severity"] for rule in ALERTS} == {"info", "warning", "page"}
    assert len({rule["alert"] for rule in ALERTS}) == len(ALERTS)
    for rule in ALERTS:
        assert rule["annotations"]["summary"], rule["alert"]
        assert f"`{rule['alert']}`" in text, "the section names its alerts"
    assert set(re.findall(r"`(Haas\w+)`", text)) == {rule["alert"] for rule in ALERTS}
    described = " ".join(file.read_text() for file in DASHBOARDS)
    assert set(re.findall(r"\b(Haas[A-Z]\w+)", described)) <= {rule["alert"] for rule in ALERTS}


def test_the_rules_have_the_form_that_prometheus_reads() -> None:
    """What `promtool check rules` refuses beside the queries, for machines without promtool."""
    groups = yaml.safe_load((MONITORING / "alerts.yml").read_text())["groups"]
    assert len({group["name"] for group in groups}) == len(groups)
    for group in groups:
        assert group.keys() <= {"name", "rules", "interval"}
    for rule in ALERTS:
        assert rule.keys() <= {"alert", "expr", "for", "labels", "annotations"}, rule["alert"]
        assert re.fullmatch(r"([1-9]\d*[smhd])+", rule.get("for", "1s")), rule["alert"]
        assert all(isinstance(value, str) for value in (*rule["labels"].values(), *rule["annotations"].values()))
        for template in re.findall(r"\{\{(.*?)\}\}", " ".join(rule["annotations"].values())):
            assert re.fullmatch(r" \$(value( \| humanize(Percentage|Duration))?|labels\.\w+) ", template), template


def test_slow_calls_are_those_above_the_thresholds_of_the_standards() -> None:
    [rule] = [rule for rule in ALERTS if rule["alert"] == "HaasSlow"]
    found = {}
    for tiers, seconds in re.findall(r'_bucket\{tier=~"([^"]+)",le="([\d.]+)"\}', rule["expr"]):
        found.update(dict.fromkeys(tiers.split("|"), float(seconds) * 1000))
    assert found == THRESHOLD_MILLISECONDS


def test_somebody_is_called_before_strangers_get_no_more_codes_and_when_codes_are_guessed() -> None:
    """At the limit of the codes for strangers nobody with a new browser can sign in."""
    limits = {
        rule["alert"]: (rule["labels"]["severity"], *rule["expr"].split()[-2:], rule.get("for"))
        for rule in ALERTS
        if "haas_code_budget_used_ratio" in rule["expr"] or "haas_wrong_answers_ratio" in rule["expr"]
    }
    assert limits == {
        "HaasCodeBudgetHalfUsed": ("warning", ">=", str(ALARM_AT), None),
        "HaasCodeBudgetUsed": ("page", ">=", str(STRANGERS.codes_of_a_tenant.most / CODES_OF_A_TENANT.most), None),
        "HaasManyWrongAnswers": ("warning", ">=", str(ALARM_AT), None),
        "HaasCodesGuessed": ("page", ">=", "1", None),
    }


def test_a_job_is_late_after_more_than_its_interval() -> None:
    nothing: Any = None
    jobs = Scheduler("", SystemClock(), Dispatcher(nothing, nothing), Measurements.__new__(Measurements))._jobs
    [rule] = [rule for rule in ALERTS if rule["alert"] == "HaasJobNotStarted"]
    limits = re.findall(r'periodic_job(=~|!~)"([^"]+)"}\) > (\d+)', rule["expr"])
    named = {name for match, names, _ in limits if match == "=~" for name in names.split("|")}
    assert named < {job.name for job in jobs}
    for job in jobs:
        [limit] = [int(limit) for match, names, limit in limits if (job.name in names.split("|")) == (match == "=~")]
        assert job._interval < timedelta(seconds=limit), job.name


@pytest.mark.skipif(shutil.which("promtool") is None, reason="promtool is not installed")
def test_promtool_accepts_the_rules_and_fires_the_alerts_that_it_should() -> None:
    series = Path(__file__).with_name("alerts_test.yml")
    for command in (["check", "rules", MONITORING / "alerts.yml"], ["test", "rules", series]):
        done = subprocess.run(["promtool", *command], check=False, capture_output=True, text=True)  # noqa: S603, S607
        assert done.returncode == 0, done.stdout + done.stderr


def test_prometheus_reaches_each_container_and_nobody_else_gets_its_port() -> None:
    added = yaml.safe_load((MONITORING / "compose.yaml").read_text())
    configuration = yaml.safe_load((MONITORING / "prometheus.containers.yml").read_text())
    [job] = configuration["scrape_configs"]
    [found] = job["dns_sd_configs"]
    measured = {name for name, service in added["services"].items() if "HAAS_METRICS" in service.get("environment", {})}
    assert measured == set(found["names"]) == {"app", "worker", "schedule", "provisioner", "crl"}
    labels = {}
    for name in measured:
        [rule] = [rule for rule in job["relabel_configs"] if re.fullmatch(rule["regex"], name)]
        labels[name] = rule.get("replacement", name)
        assert added["services"][name]["environment"]["HAAS_METRICS"] == f"0.0.0.0:{found['port']}"
        assert "watch" in added["services"][name]["networks"]
        assert "ports" not in added["services"][name]
    assert set(labels.values()) == set(measured_processes(1).values())
    assert added["networks"]["watch"] == {"internal": True}
    assert added["services"]["prometheus"]["ports"] == ["127.0.0.1:9090:9090"]


@pytest.fixture(scope="module")
async def sample(stack: Stack) -> Sample:
    """Every series that the processes of the stack publish, as Prometheus would label them."""
    found: Sample = {}
    trusted, tenant = Path(stack.description.roots.bundle), stack.description.tenants[0]
    async with (
        http_client(hosts=stack.description.addresses, trusted_roots=trusted) as http,
        httpx.AsyncClient(trust_env=False) as local,
    ):
        assert (await http.get(tenant.jwks_uri)).status_code == 200
        for target in json.loads(stack.folder.scrape_targets.read_text()):
            [address] = target["targets"]
            given = {**target["labels"], "instance": address, "job": "haas"}
            found.setdefault("up", []).append(given)
            answer = await local.get(f"http://{address}/metrics")
            for family in text_string_to_metric_families(answer.text):
                found.setdefault(family.name, [])  # a family can have no series now
                for series in family.samples:
                    assert not series.labels.keys() & given.keys(), "Prometheus would rename our label"
                    found.setdefault(series.name, []).append({**series.labels, **given})
    return found


def selectors(node: Any) -> Iterator[promql.VectorSelector]:
    """Return every selector of an expression."""
    if isinstance(node, promql.VectorSelector):
        yield node
    elif isinstance(node, promql.MatrixSelector):
        yield node.vector_selector
    elif isinstance(node, promql.BinaryExpr):
        yield from (*selectors(node.lhs), *selectors(node.rhs))
    elif isinstance(node, promql.Call):
        for argument in node.args:
            yield from selectors(argument)
    elif isinstance(node, promql.AggregateExpr | promql.ParenExpr | promql.UnaryExpr | promql.SubqueryExpr):
        yield from selectors(node.expr)
    else:
        assert isinstance(node, promql.NumberLiteral | promql.StringLiteral), type(node)


@pytest.mark.parametrize(("title", "query"), QUERIES, ids=[title for title, _ in QUERIES])
async def test_a_query_finds_its_metrics(sample: Sample, title: str, query: str) -> None:
    """The library parses the query as Prometheus does. Each selector finds series, with the labels that it asks for."""
    expression = promql.parse(query)
    asked = list(selectors(expression))
    assert asked
    grouped = {label for labels in re.findall(r"\bby \(([^)]+)\)", query) for label in re.findall(r"\w+", labels)}
    found_labels: set[str] = set()
    for selector in asked:
        series = sample[str(selector.name)]
        assert series or selector.name == "haas_aemo_certificate_seconds_left", "no participant of AEMO is known"
        found_labels.update(*series)
        for matcher in selector.matchers.matchers:
            values = {labels[matcher.name] for labels in series if matcher.name in labels}
            assert values, (title, matcher.name)
            # No request has failed yet; each other value of a label exists from the start.
            assert matcher.name == "status" or any(_matches(matcher, value) for value in values), values
    assert grouped <= found_labels


def _matches(matcher: promql.Matcher, value: str) -> bool:
    if matcher.op == promql.MatchOp.Re:
        return re.fullmatch(matcher.value, value) is not None
    return (value == matcher.value) is (matcher.op == promql.MatchOp.Equal)


async def test_every_metric_of_our_own_is_watched(sample: Sample) -> None:
    """What nobody looks at is not published."""
    text = " ".join(query for _, query in QUERIES)
    own = {name for name in sample if name.startswith("haas_") and not name.endswith(("_created", "_sum"))}
    bases = {re.sub(r"_(total|bucket|count)$", "", name) for name in own}
    assert {base for base in bases if base not in text} == set()


async def test_the_metrics_cannot_be_reached_through_the_proxy(stack: Stack) -> None:
    trusted, tenant = Path(stack.description.roots.bundle), stack.description.tenants[0]
    origins = [tenant.issuer, tenant.management_base_uri, tenant.admin_base_uri, stack.description.console_url]
    async with http_client(hosts=stack.description.addresses, trusted_roots=trusted) as http:
        for origin in origins:
            answer = await http.get(httpx.URL(origin).copy_with(path="/metrics", query=None))
            assert answer.status_code in (400, 404), origin
            assert "haas_" not in answer.text
