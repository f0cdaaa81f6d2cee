"""The tables whose lineage phase 17 follows: from orders and customers to a newsletter."""

MAKE = [
    """
    CREATE TABLE IF NOT EXISTS marts.lineage_orders (
        order_id integer PRIMARY KEY, email text, country text, amount numeric(10, 2)
    )
    """,
    """
    CREATE TABLE IF NOT EXISTS marts.lineage_revenue (
        country text PRIMARY KEY, orders integer, revenue numeric(12, 2)
    )
    """,
]

COLLECT = [
    "DELETE FROM marts.lineage_orders",
    """
    INSERT INTO marts.lineage_orders (order_id, email, country, amount)
    SELECT o.order_id AS order_id, c.email AS email, o.country AS country, o.amount AS amount
    FROM shop.orders o JOIN shop.customers c ON c.customer_id = o.customer_id
    """,
]

ADD_UP = [
    "DELETE FROM marts.lineage_revenue",
    """
    INSERT INTO marts.lineage_revenue (country, orders, revenue)
    SELECT coalesce(l.country, '?') AS country, count(l.order_id) AS orders,
           sum(l.amount) AS revenue
    FROM marts.lineage_orders l GROUP BY coalesce(l.country, '?')
    """,
]

BEST = "SELECT country FROM marts.lineage_revenue ORDER BY revenue DESC, country LIMIT 3"
