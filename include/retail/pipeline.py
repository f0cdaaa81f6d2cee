"""A day's orders on their way through three stages, and how far each day has come, as SQL.

Airflow renders it; the day is each run's logical date.
"""

PLAN = [
    """
    CREATE TABLE IF NOT EXISTS marts.pipelines (
        day date PRIMARY KEY, state text NOT NULL, broken boolean NOT NULL
    )
    """,
    """
    CREATE TABLE IF NOT EXISTS marts.pipeline_orders (
        day date, order_id integer, country text, amount numeric(10, 2), PRIMARY KEY (day, order_id)
    )
    """,
    """
    CREATE TABLE IF NOT EXISTS marts.pipeline_lines (
        day date, order_id integer, country text NOT NULL, amount numeric(10, 2) NOT NULL,
        PRIMARY KEY (day, order_id)
    )
    """,
    """
    CREATE TABLE IF NOT EXISTS marts.pipeline_revenue (
        day date, country text, revenue numeric(12, 2) NOT NULL, PRIMARY KEY (day, country)
    )
    """,
    """
    INSERT INTO marts.pipelines VALUES ('{{ params.day }}', 'planned', {{ params.fail }})
    ON CONFLICT (day) DO UPDATE SET (state, broken) = (excluded.state, excluded.broken)
    """,
]

INGEST = [
    "DELETE FROM marts.pipeline_orders WHERE day = '{{ ds }}'",
    """
    INSERT INTO marts.pipeline_orders
    SELECT DATE '{{ ds }}', order_id, coalesce(country, 'unknown'), amount
    FROM shop.orders WHERE (ordered_at AT TIME ZONE 'UTC')::date = '{{ ds }}'
    """,
    """
    UPDATE marts.pipeline_orders SET amount = NULL
    WHERE day = '{{ ds }}' AND (SELECT broken FROM marts.pipelines WHERE day = '{{ ds }}')
      AND order_id = (SELECT min(order_id) FROM marts.pipeline_orders WHERE day = '{{ ds }}')
    """,
    "UPDATE marts.pipelines SET state = 'ingested' WHERE day = '{{ ds }}'",
]
"""A day that was planned to be broken has an order without an amount."""

COUNT = "SELECT count(*) FROM marts.pipeline_orders WHERE day = %(day)s"
HAS = "SELECT count(*) = {} FROM marts.pipeline_orders WHERE day = '{{{{ ds }}}}'"
"""Whether as many orders have been copied as are written in its place."""

TRANSFORM = [
    "DELETE FROM marts.pipeline_lines WHERE day = '{{ ds }}'",
    "INSERT INTO marts.pipeline_lines SELECT * FROM marts.pipeline_orders WHERE day = '{{ ds }}'",
    "UPDATE marts.pipelines SET state = 'transformed' WHERE day = '{{ ds }}'",
]
"""An amount has to be there: a broken order fails the whole transaction."""

PUBLISH = [
    "DELETE FROM marts.pipeline_revenue WHERE day = '{{ ds }}'",
    """
    INSERT INTO marts.pipeline_revenue
    SELECT day, country, sum(amount) FROM marts.pipeline_lines WHERE day = '{{ ds }}' GROUP BY 1, 2
    """,
    "UPDATE marts.pipelines SET state = 'published' WHERE day = '{{ ds }}'",
]
