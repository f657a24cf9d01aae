"""Statements of frequent requests contain only named parameters, so that no value becomes SQL text."""

import pytest
from sqlalchemy import bindparam, select
from sqlalchemy.dialects.postgresql.asyncpg import dialect

from haas.database import Statement
from haas.database.statement import SCHEMA_TOKEN
from tenants.availability.tables import outage


def test_a_statement_that_contains_a_value_is_refused() -> None:
    statement = Statement(select(outage.c.id).where(outage.c.explanation == "storm"))
    with pytest.raises(ValueError, match="named parameters"):
        statement.bind("tenant_aurora", {})


def test_a_statement_with_an_expanding_parameter_is_refused() -> None:
    statement = Statement(select(outage.c.id).where(outage.c.id.in_(bindparam("ids", expanding=True))))
    with pytest.raises(ValueError, match="ANY"):
        statement.bind("tenant_aurora", {"ids": []})


@pytest.mark.parametrize("schema", ["tenant_aurora", "needs-quotes"])
def test_the_statement_of_a_schema_is_the_one_that_sqlalchemy_writes(schema: str) -> None:
    """Every table is that of the schema, also in conditions and subqueries. It is compiled once for all schemas."""
    other = outage.alias("other")
    clause = select(outage.c.id).where(
        outage.c.starts_at < bindparam("before"), select(other.c.id).where(other.c.id == outage.c.id).exists()
    )
    statement = Statement(clause)
    assert "tenant_other.outage" in statement.bind("tenant_other", {"before": None})[0]
    of_sqlalchemy = clause.compile(
        dialect=dialect(), schema_translate_map={SCHEMA_TOKEN: schema}, render_schema_translate=True
    )
    assert statement.bind(schema, {"before": None})[0] == str(of_sqlalchemy)
