"""# 5.01 · Connections and Variables

A task logs in to the shop's API with a connection, you see in which order Airflow looks
settings up, and the secret appears in the log only as `***`.

**Level** Intermediate · **Time** 15 minutes · **After** `phase2_02_taskflow_api` · **Services**
`postgres`, `shop_api`

## What you will learn

- A **Connection** holds an address and its credentials; a **hook** opens it. The code knows only
  its id, here `shop_api`.
- A **Variable** holds a setting: text (`shop_currency`) or JSON (`shop_limits`).
- Templates read both: `{{ var.json.shop_limits.default }}`, `{{ conn.warehouse.host }}`.
- Airflow looks in a **secrets backend** first if one is set up, then in the environment
  (`AIRFLOW_CONN_…`, `AIRFLOW_VAR_…`), then in its database, where the UI writes.
- The password of a connection is **masked**: in a log it reads `***`.

## Run it

1. Open **Admin · Connections** and **Admin · Variables**: the names above are there.
2. Press **Trigger**, then open `call_shop_api` and its **Logs**: the password was written to the
   log on purpose, and reads `***`. Under **Storage · XCom**: how many products the shop
   has in stock.
3. Open `show_lookup_order`, **Storage · XCom**: the same key, first from the database, then from
   the environment, which wins.
4. In **Admin · Variables** set `default` of `shop_limits` to 500, trigger again, and look at
   `count_large_orders`: fewer orders, and not a line of code was changed.

## Why it is written this way

An address in the code would be the same on every machine and known to everyone who reads it. The
connection is asked for inside the task: a look-up at the top of the file would be repeated whenever
Airflow reads it. The template names the warehouse's host but never its password, for what a
template renders is kept and shown in the UI.

## Next

`phase5_02_pools_priority` shares a scarce resource.
"""

import logging
import os
from datetime import timedelta
from typing import Any

from airflow.providers.common.sql.operators.sql import SQLExecuteQueryOperator
from airflow.sdk import Connection, Variable, dag, task

log = logging.getLogger(__name__)

COUNT_LARGE_ORDERS = """
SELECT count(*), 'on {{ conn.warehouse.host }}' FROM shop.orders
WHERE amount > {{ var.json.shop_limits.default }}
"""


@dag(
    dag_display_name="05.01 · Connections and Variables",
    description=(
        "A task logs in to the shop's API with a connection, you see in which order Airflow looks "
        "settings up, and the secret appears in the log only as `***`."
    ),
    schedule=None,
    default_args={"owner": "platform", "retries": 2, "retry_delay": timedelta(seconds=5)},
    tags=["phase5", "intermediate", "postgres", "shop_api"],
    doc_md=__doc__,
)
def phase5_01_connections_variables() -> None:
    """Use connections and variables from code and from templates."""

    @task
    def call_shop_api() -> int:
        """Log in with the connection's credentials; return how many products are in stock."""
        from airflow.providers.http.hooks.http import HttpHook

        from include.oauth2.client_credentials import ClientCredentials

        shop = Connection.get("shop_api")
        log.info("Logging in at %s as %s with password %s", shop.host, shop.login, shop.password)
        hook = HttpHook("GET", "shop_api", auth_type=ClientCredentials)
        return len(hook.run("/stock").json()["stock"])

    count_large_orders = SQLExecuteQueryOperator(
        task_id="count_large_orders", conn_id="warehouse", sql=COUNT_LARGE_ORDERS
    )

    @task
    def read_variables() -> dict[str, Any]:
        """Return a text, a JSON value and the default of a variable that is not there."""
        return {
            "currency": Variable.get("shop_currency"),
            "limits": Variable.get("shop_limits", deserialize_json=True),
            "colour": Variable.get("shop_colour", default="not set"),
        }

    @task
    def show_lookup_order() -> dict[str, str]:
        """Return the same variable from the database, and from the environment above it."""
        from_database = Variable.get("shop_currency")
        os.environ["AIRFLOW_VAR_SHOP_CURRENCY"] = "CHF"
        from_environment = Variable.get("shop_currency")
        del os.environ["AIRFLOW_VAR_SHOP_CURRENCY"]
        return {"database": from_database, "environment": from_environment}

    call_shop_api() >> count_large_orders >> read_variables() >> show_lookup_order()


phase5_01_connections_variables()
