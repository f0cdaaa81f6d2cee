"""The warehouse: every row of every table is searched, as text."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from include.compliance.members import FIELDS, Member

if TYPE_CHECKING:
    from psycopg import Connection

MEMBERS, KEYS = "marts.members", "marts.member_keys"
SCHEMAS = ("shop", "marts")
TABLES = (
    f"""CREATE TABLE IF NOT EXISTS {MEMBERS} (
        member_id bigint PRIMARY KEY, name text NOT NULL, email text NOT NULL,
        spent integer NOT NULL)""",
    f"""CREATE TABLE IF NOT EXISTS {KEYS} (
        member_id bigint PRIMARY KEY, key_id text NOT NULL UNIQUE, key text NOT NULL)""",
)


class Warehouse:
    """All tables of the schemas `shop` and `marts`; the members have one of their own."""

    def __init__(self, connection: "Connection[Any]") -> None:
        """Work on this connection."""
        self.connection = connection

    def sign_up(self, members: Iterable[Member]) -> None:
        """Keep these members; again, the same is kept."""
        with self.connection.transaction(), self.connection.cursor() as cursor:
            cursor.executemany(
                f"INSERT INTO {MEMBERS} ({', '.join(FIELDS)}) VALUES (%s, %s, %s, %s) "
                "ON CONFLICT (member_id) DO NOTHING",
                [*members],
            )

    def find(self, member: Member) -> list[str]:
        """Return each table with rows that name the person, and how many."""
        from psycopg import sql

        found = []
        with self.connection.transaction(), self.connection.cursor() as cursor:
            cursor.execute(
                "SELECT table_schema, table_name FROM information_schema.tables "
                "WHERE table_schema = ANY(%s) AND table_type = 'BASE TABLE' ORDER BY 1, 2",
                ([*SCHEMAS],),
            )
            for place in cursor.fetchall():
                count = sql.SQL("SELECT count(*) FROM {} AS one WHERE one::text ~* %s")
                cursor.execute(count.format(sql.Identifier(*place)), (member.pattern,))
                (rows,) = cursor.fetchone() or (0,)
                if rows:
                    found.append(f"{'.'.join(place)} ({rows} rows)")
        return found

    def erase(self, member: Member) -> None:
        """Delete the person's rows, and the key of the person's messages with them."""
        with self.connection.transaction():
            for table in (MEMBERS, KEYS):
                delete = f"DELETE FROM {table} WHERE member_id = %s"
                self.connection.execute(delete, (member.member_id,))
