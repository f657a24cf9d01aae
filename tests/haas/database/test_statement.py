"""Statements of frequent requests contain only named parameters, so that no value becomes SQL text."""

import pytest
from sqlalchemy import bindparam, select

from haas.database import Statement
from tenants.availability.tables import outage


def test_a_statement_that_contains_a_value_is_refused() -> None:
    statement = Statement(select(outage.c.id).where(outage.c.explanation == "storm"))
    with pytest.raises(ValueError, match="named parameters"):
        statement.bind("tenant_aurora", {})


def test_a_statement_with_an_expanding_parameter_is_refused() -> None:
    statement = Statement(select(outage.c.id).where(outage.c.id.in_(bindparam("ids", expanding=True))))
    with pytest.raises(ValueError, match="ANY"):
        statement.bind("tenant_aurora", {"ids": []})
