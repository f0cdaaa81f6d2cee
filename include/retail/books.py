"""The books of a day, and the tills that have to agree with them, as SQL that Airflow renders.

`{{ ds }}` is the morning of the closing; the day before is closed.
"""

DAY = "(DATE '{{ ds }}' - 1)"
ORDERS = "FROM shop.orders WHERE (ordered_at AT TIME ZONE 'UTC')::date"

OPEN_TILLS = [
    "CREATE TABLE IF NOT EXISTS marts.tills (day date PRIMARY KEY, orders integer NOT NULL)",
    """
    CREATE TABLE IF NOT EXISTS marts.books (
        day date PRIMARY KEY, orders integer NOT NULL, revenue numeric(12, 2) NOT NULL
    )
    """,
    "DELETE FROM marts.tills",
    f"""
    INSERT INTO marts.tills
    SELECT day, (SELECT count(*) {ORDERS} = day) + (wrong = '{{{{ params.fail }}}}')::integer
    FROM (VALUES (0, 'day after'), (1, 'this day'), (2, 'day before')) AS days (back, wrong),
         LATERAL (SELECT DATE '{{{{ params.day }}}}' - back AS day) AS dates
    """,
]
"""What the tills counted on three days; one that `params.fail` names has counted one too many."""

TILL_AGREES = f"""
SELECT count(*) = (SELECT orders FROM marts.tills WHERE day = {DAY}) {ORDERS} = {DAY}
"""
AMOUNTS_ARE_KNOWN = f"SELECT count(*) = count(amount) {ORDERS} = {DAY}"

CLOSE = f"""
INSERT INTO marts.books SELECT {DAY}, count(*), sum(amount) {ORDERS} = {DAY}
ON CONFLICT (day) DO UPDATE SET orders = excluded.orders, revenue = excluded.revenue
"""

READ = """
SELECT day::text, orders, revenue::text FROM marts.books WHERE day = DATE '{{ params.day }}' - 1
"""

COUNT_SHELVES = "SELECT sum(stock) FROM shop.products"
