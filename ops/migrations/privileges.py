"""Revokes privileges on a table in a migration."""

from alembic import op

_DENY = """
DO $$
DECLARE
    granted record;
BEGIN
    FOR granted IN
        SELECT DISTINCT grantee::regrole::text AS role
          FROM pg_class, aclexplode(relacl)
         WHERE pg_class.oid = '{table}'::regclass AND grantee <> relowner AND grantee <> 0
    LOOP
        EXECUTE 'REVOKE {privileges} ON {table} FROM ' || granted.role;
    END LOOP;
END
$$
"""


def deny(table: str, *privileges: str) -> None:
    """Revoke `privileges` on a new table from the role to which the default privileges granted them.

    A revision knows the name of the schema but not the name of the role, so the role is read from the grants.
    """
    schema = op.get_context().version_table_schema
    op.execute(_DENY.format(table=f"{schema}.{table}", privileges=", ".join(privileges)))
