"""The most frequent ("hot") statements: written with SQLAlchemy Core, compiled once, and run by the driver.

Running a statement through Core takes about twice as much processor time as through the driver. The SQL, the
transaction and the role are the same (decision 0003).
"""

from collections.abc import Mapping, Sequence

from sqlalchemy.dialects.postgresql.asyncpg import dialect as asyncpg_dialect
from sqlalchemy.sql import ClauseElement

SCHEMA_TOKEN = "tenant"  # noqa: S105 - the schema name that tables are declared with
_PLACEHOLDER = "schema_of_a_tenant"
"""Stands for the schema in a statement that is compiled. It is no part of the name of a table or column."""
_DIALECT = asyncpg_dialect()  # type: ignore[no-untyped-call]


class Statement:
    """A Core statement that the driver runs. All its values are named parameters (`bindparam`).

    Values are passed to the driver and returned by it without conversion, except that a JSON column is read as Python
    objects. A value for a JSON column is passed as text.
    """

    __slots__ = ("_clause", "_names", "_of_schema", "_sql")

    def __init__(self, clause: ClauseElement) -> None:
        """Take the statement. It is compiled when it is first used: that takes milliseconds."""
        self._clause = clause
        self._sql = ""
        self._names: Sequence[str] = ()
        self._of_schema: dict[str, str] = {}

    def bind(self, schema: str, values: Mapping[str, object]) -> tuple[str, list[object]]:
        """Return the SQL for `schema` and the values in the order of its placeholders."""
        sql = self._of_schema.get(schema)
        if sql is None:
            sql = self._of_schema[schema] = self._for(schema)
        return sql, [values[name] for name in self._names]

    def _for(self, schema: str) -> str:
        if not self._sql:
            self._sql, self._names = self._compile()
        return self._sql.replace(_PLACEHOLDER, _DIALECT.identifier_preparer.quote(schema))

    def _compile(self) -> tuple[str, Sequence[str]]:
        compiled = self._clause.compile(
            dialect=_DIALECT,
            schema_translate_map={SCHEMA_TOKEN: _PLACEHOLDER},
            render_schema_translate=True,
        )
        constants = {name for name, value in compiled.params.items() if value is not None}
        if constants:
            raise ValueError(f"a hot statement may contain only named parameters, not the values {sorted(constants)}")
        if compiled.literal_execute_params or compiled.post_compile_params:  # type: ignore[attr-defined]
            raise ValueError("a hot statement has a fixed number of parameters: compare with ANY(array) instead of IN")
        return str(compiled), tuple(compiled.positiontup or ())  # type: ignore[attr-defined]
