"""The blocks that tenants' Dags are put together from: SQL that knows one schema, its tenant's."""

STEPS = {
    "make_table": """
        CREATE TABLE IF NOT EXISTS {schema}.countries (
            country text PRIMARY KEY, orders integer, revenue numeric(12, 2)
        )
    """,
    "fill_table": """
        INSERT INTO {schema}.countries
        SELECT country, count(*), sum(amount) FROM {schema}.orders GROUP BY country
        ON CONFLICT (country) DO UPDATE SET (orders, revenue) = (excluded.orders, excluded.revenue)
    """,
    "check_table": """
        DO $$ BEGIN
            ASSERT (SELECT sum(revenue) FROM {schema}.countries)
                 = (SELECT sum(amount) FROM {schema}.orders), 'revenue is not that of the orders';
        END $$
    """,
}

OPENING = """
    CREATE SCHEMA IF NOT EXISTS {schema};
    GRANT USAGE, CREATE ON SCHEMA {schema} TO {schema};
    CREATE OR REPLACE VIEW {schema}.orders WITH (security_barrier) AS
    SELECT order_id, country, amount FROM shop.orders WHERE country IN ({countries});
    GRANT SELECT ON {schema}.orders TO {schema};
"""
"""What the platform does for a tenant: a schema of its own, and a view of no rows but its own."""


def sql(step: str, schema: str) -> str:
    """Return the SQL of a step for the tenant of this schema."""
    return STEPS[step].format(schema=schema)


def opening(schema: str, countries: tuple[str, ...]) -> str:
    """Return the SQL that gives a tenant its schema and its rows; the role of that name exists."""
    codes = ", ".join(f"'{country}'" for country in countries)
    return OPENING.format(schema=schema, countries=codes)
