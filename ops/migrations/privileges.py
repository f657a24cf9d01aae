"""Taking privileges on a table away from a schema's role, in a migration."""

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
    """Take `privileges` on a table that was just made from the role that the default privileges gave them to.

    The role is found by what it was granted: a chain of revisions knows the name of a schema, not of its role.
    """
    schema = op.get_context().version_table_schema
    op.execute(_DENY.format(table=f"{schema}.{table}", privileges=", ".join(privileges)))
