"""Who may read a table, as the database has it, and taking that back."""

from collections.abc import Iterable, Sequence

READER = "analyst"
"""The login that is given access, so that there is something to review."""

GRANT = "GRANT USAGE ON SCHEMA marts TO analyst; GRANT SELECT ON {table} TO analyst"

LIST = """
SELECT grantee, table_schema || '.' || table_name, string_agg(privilege_type, ', ' ORDER BY 1)
FROM information_schema.role_table_grants
WHERE table_schema || '.' || table_name = %s AND grantee <> current_user GROUP BY 1, 2 ORDER BY 1
"""

KEEP, REVOKE = "Keep", "Revoke"


def revocations(grants: Iterable[Sequence[str]]) -> list[str]:
    """The SQL that takes each access back; the names are those that the database gave."""
    return [f'REVOKE ALL ON {table} FROM "{who}"' for who, table, _ in grants]
