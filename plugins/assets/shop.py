"""The shop's data as Assets: names that Dags agree on, each with a URI that says where it is.

A URI only names. Airflow never opens it, and knows of a change only from a task that says so. For
a scheme such as `s3` or `postgres` it asks all providers who checks it, whenever a Dag's file is
read, and that loads boto3; an `x-` in front, or `file`, leaves the URI alone.
"""

from airflow.sdk import Asset

ORDERS = Asset("shop_orders", "x-s3://lake/phase14/orders")
"""One object for each day; an event's extra has its key and its rows."""

PRICES = Asset("price_list", "file://landing/phase14/prices.csv")
"""A local file in the landing folder."""

REVENUE = Asset("country_revenue", "x-postgres://warehouse/warehouse/marts/asset_revenue")
"""A table of the warehouse."""

STOCK = Asset("partner_stock", "x-shop-api://stock")
"""What the partner API has on its shelves, as it was last fetched into `marts.asset_stock`."""
