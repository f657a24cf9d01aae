"""Writes docs/steps.md, which lists the steps of every endpoint, from the lists that the program runs.

The command is `python -m apps.step_lists > docs/steps.md`. A test compares the document with the lists.
"""

import sys
from collections.abc import Iterable, Iterator
from typing import Any, Final, NamedTuple

from apps.http.call import InTransaction
from apps.identity import (
    arrangement_revocation,
    authorise,
    introspection,
    par,
    registration,
    revocation,
    token,
    userinfo,
)
from apps.resources import admin
from apps.resources.steps import CUSTOMER_DATA_STEPS, PUBLIC_STEPS
from haas.steps import Step
from tenants.oauth import endpoints
from tenants.operations.endpoints import ENDPOINTS, GET_METRICS, METADATA_UPDATE
from tenants.operations.models import Transport

HEAD: Final = """\
# The steps of each endpoint

This page lists the steps of each endpoint in the order in which they run, so that they can be compared with the
specifications. The text of a step says what is true after the step has run. If a check fails, the step refuses the
request and no later step runs. Indented steps run in one transaction on the tenant's schema, which is committed after
the last of them.

`python -m apps.step_lists > docs/steps.md` writes this page from the lists that the program runs.
"""


class StepList(NamedTuple):
    """The steps of an endpoint, or of several endpoints."""

    title: str
    steps: tuple[Step[Any], ...]
    endpoints: tuple[str, ...] = ()
    """The endpoints, if there are several."""


def step_lists() -> Iterator[StepList]:
    """Yield the list of every endpoint of the information security profile and of every operation that is served."""
    yield StepList(f"Pushed authorisation request: POST {endpoints.PAR}", par.STEPS)
    yield StepList(f"Authorisation: GET {endpoints.AUTHORISE}", authorise.STEPS)
    yield StepList(f"Authorisation: POST {endpoints.AUTHORISE}", authorise.FORM_STEPS)
    yield StepList(f"Token: POST {endpoints.TOKEN}", token.STEPS)
    for name, grant in token.GRANTS.items():
        yield StepList(f"Token: the grant {name}", grant.steps)
    yield StepList(f"UserInfo: GET and POST {endpoints.USERINFO}", userinfo.STEPS)
    yield StepList(f"Introspection: POST {endpoints.INTROSPECT}", introspection.STEPS)
    yield StepList(f"Token revocation: POST {endpoints.REVOKE}", revocation.STEPS)
    yield StepList(f"Arrangement revocation: POST {endpoints.ARRANGEMENT_REVOCATION}", arrangement_revocation.STEPS)
    yield StepList(f"Registration: POST {endpoints.REGISTER}", registration.POST_STEPS)
    yield StepList(f"Registration: GET {endpoints.REGISTER}/{{clientId}}", registration.GET_STEPS)
    yield StepList(f"Registration: PUT {endpoints.REGISTER}/{{clientId}}", registration.PUT_STEPS)
    yield StepList(f"Registration: DELETE {endpoints.REGISTER}/{{clientId}}", registration.DELETE_STEPS)
    yield StepList("Data APIs: a customer's data", CUSTOMER_DATA_STEPS, _served_operations("secure"))
    yield StepList(f"Get Metrics: GET {GET_METRICS.uri_path}", admin.GET_METRICS_STEPS)
    yield StepList(f"Metadata Update: POST {METADATA_UPDATE.uri_path}", admin.METADATA_UPDATE_STEPS)
    yield StepList("Data APIs: status and outages", PUBLIC_STEPS, _served_operations("public"))


def _served_operations(transport: Transport) -> tuple[str, ...]:
    return tuple(
        f"{endpoint.name}: `{endpoint.method} {endpoint.uri_path}`"
        for endpoint in ENDPOINTS
        if endpoint.transport == transport and endpoint.served_versions
    )


def document() -> str:
    """Return the document in Markdown."""
    parts = [HEAD]
    for title, steps, operations in step_lists():
        parts.append(f"\n## {title}\n\n")
        if operations:
            parts.append(
                "These operations have the same steps:\n\n" + "\n".join(f"- {each}" for each in operations) + "\n\n"
            )
        parts.append("\n".join(_lines(steps)) + "\n")
    return "".join(parts)


def _lines(steps: Iterable[Step[Any]], indent: str = "") -> Iterator[str]:
    for number, step in enumerate(steps, 1):
        if isinstance(step, InTransaction):
            yield f"{indent}{number}. **In one transaction:**"
            yield from _lines(step.steps, indent + "   ")
        else:
            yield f"{indent}{number}. *{_name(step)}*: {_summary(step)}"


def _name(step: Step[Any]) -> str:
    return str(step.__name__).replace("_", " ")


def _summary(step: Step[Any]) -> str:
    """Return the first paragraph of a step's docstring, on one line."""
    return " ".join((step.__doc__ or "").split("\n\n", maxsplit=1)[0].split())


if __name__ == "__main__":
    sys.stdout.write(document())
