"""The most frequent ("hot") statements: written with SQLAlchemy Core, compiled once per schema, and run by the driver.

Running a statement through Core takes about twice as much processor time as through the driver. The SQL, the
transaction and the role are the same (decision 0003).
"""

from collections.abc import Mapping, Sequence

from sqlalchemy.dialects.postgresql.asyncpg import dialect as asyncpg_dialect
from sqlalchemy.sql import ClauseElement

SCHEMA_TOKEN = "tenant"  # noqa: S105 - the schema name that tables are declared with
_DIALECT = asyncpg_dialect()  # type: ignore[no-untyped-call]


class Statement:
    """A Core statement that the driver runs. All its values are named parameters (`bindparam`).

    Values are passed to the driver and returned by it without conversion, except that a JSON column is read as Python
    objects. A value for a JSON column is passed as text.
    """

    __slots__ = ("_clause", "_compiled")

    def __init__(self, clause: ClauseElement) -> None:
        """Take the statement. It is compiled for a schema when it is first used there."""
        self._clause = clause
        self._compiled: dict[str, tuple[str, Sequence[str]]] = {}

    def bind(self, schema: str, values: Mapping[str, object]) -> tuple[str, list[object]]:
        """Return the SQL for `schema` and the values in the order of its placeholders."""
        compiled = self._compiled.get(schema)
        if compiled is None:
            compiled = self._compiled[schema] = self._compile(schema)
        sql, names = compiled
        return sql, [values[name] for name in names]

    def _compile(self, schema: str) -> tuple[str, Sequence[str]]:
        compiled = self._clause.compile(
            dialect=_DIALECT,
            schema_translate_map={SCHEMA_TOKEN: schema},
            render_schema_translate=True,
        )
        constants = {name for name, value in compiled.params.items() if value is not None}
        if constants:
            raise ValueError(f"a hot statement may contain only named parameters, not the values {sorted(constants)}")
        if compiled.literal_execute_params or compiled.post_compile_params:  # type: ignore[attr-defined]
            raise ValueError("a hot statement has a fixed number of parameters: compare with ANY(array) instead of IN")
        return str(compiled), tuple(compiled.positiontup or ())  # type: ignore[attr-defined]
