"""# 10.02 · Schema validation

Orders of two schema versions load side by side, a change that would break readers is refused,
and invalid records wait in quarantine with their reasons.

**Level** Enterprise Foundation · **Time** 20 minutes · **After**
`phase9_01_database_integration` · **Services** `postgres`

## What you will learn

- A **JSON Schema** says what a message looks like: its fields, their types, what they may hold.
  Each version is a file below `configs/schemas/order`, and each message names its version.
- **Backward** compatible: the new schema reads old messages, so readers can be upgraded first.
  **Forward**: the old schema reads new messages, so writers can. **Full**: both.
- **Schema evolution**: version 2 adds three fields, each with a default. A message of version 1
  has the defaults filled in when it is read, so both versions end in one table.
- What fits no schema goes to **quarantine**, whole, with the path and the reason.

## Run it

1. Press **Trigger**. Open `load_messages`, **Storage · XCom**: orders of both versions were loaded,
   34 messages are in quarantine. `SELECT reason FROM marts.message_quarantine` says why each is.
2. Trigger with *offer* `required field`. `accept_schema` fails, and its log names the rule and the
   place: `FIELD_REQUIRED at gift`. Nothing is loaded by a schema that breaks its readers.
3. Trigger with *offer* `enum grown`: refused too, for an old reader does not know the new status.
   Trigger again with *mode* `BACKWARD`: accepted, for the new schema reads all that is old.
4. Try the other offers in each mode, and guess before you look.

## Why it is written this way

Whether a change breaks somebody is decided by rules and not by one try with today's data. A keyword
of JSON Schema that the rules do not understand is refused, for half a judgement is none. A message
is held against the schema that it was written with and the one that reads it: that a reader is
lenient must not hide a writer's mistake. Orders and quarantine are replaced in one transaction.

## Next

`phase10_03_data_profiling` finds what no schema can: data that is valid, and yet not as it was.
"""

from datetime import timedelta
from itertools import pairwise
from typing import Any

from airflow.providers.common.sql.operators.sql import SQLExecuteQueryOperator
from airflow.sdk import Param, dag, task
from airflow.sdk.exceptions import AirflowFailException

from include.quality import compatibility, order_messages, schemas
from include.retail.orders import Order

STATUSES = ["paid", "shipped", "delivered", "cancelled", "returned"]
REQUIRED = ["order_id", "customer", "lines", "amount", "currency", "status", "ordered_at"]
OFFERS: dict[str, dict[str, Any]] = {
    "nothing": {},
    "optional field": {"properties": {"gift": {"type": "boolean", "default": False}}},
    "required field": {
        "properties": {"gift": {"type": "boolean"}},
        "required": [*REQUIRED, "gift"],
    },
    "field removed": {"properties": {"status": None}, "required": [*REQUIRED[:-2], "ordered_at"]},
    "type narrowed": {"properties": {"amount": {"type": "integer"}}},
    "enum grown": {"properties": {"status": {"enum": [*STATUSES, "lost"]}}},
    "enum shrunk": {"properties": {"status": {"enum": STATUSES[:2]}}},
    "bounds tightened": {"properties": {"lines": {"maxItems": 10}}},
}
"""What the next version of the schema would change in the newest one, as a JSON Merge Patch."""

SHOP = """
SELECT o.*, c.newsletter FROM shop.orders o JOIN shop.customers c USING (customer_id) ORDER BY 1
"""


def warehouse() -> Any:
    """Return the hook of the warehouse."""
    from airflow.providers.postgres.hooks.postgres import PostgresHook

    return PostgresHook("warehouse")


@dag(
    dag_display_name="10.02 · Schema validation",
    description=(
        "Orders of two schema versions load side by side, a change that would break readers is "
        "refused, and invalid records wait in quarantine with their reasons."
    ),
    schedule=None,
    max_active_runs=1,
    params={
        "offer": Param("nothing", enum=list(OFFERS), description="The schema's next version"),
        "mode": Param("FULL", enum=["BACKWARD", "FORWARD", "FULL"], description="Compatibility"),
    },
    default_args={"owner": "sales", "retries": 2, "retry_delay": timedelta(seconds=2)},
    tags=["phase10", "enterprise-foundation", "postgres"],
    doc_md=__doc__,
)
def phase10_02_schema_validation() -> None:
    """Load orders of two schema versions, and refuse a version that breaks."""
    make_tables = SQLExecuteQueryOperator(
        task_id="make_tables", conn_id="warehouse", sql=order_messages.TABLES
    )

    @task
    def receive_messages() -> int:
        """Store every message as it comes in; return how many."""
        import json

        from include.data.replace import replace_rows

        orders = [(Order._make(row[:-1]), row[-1]) for row in warehouse().get_records(SHOP)]
        messages = [(one["line"], json.dumps(one)) for one in order_messages.write(orders)]
        replace_rows(warehouse().get_conn, {"marts.order_messages": messages})
        return len(messages)

    @task(retries=0)
    def accept_schema(params: dict[str, Any]) -> dict[str, Any]:
        """Return the schema to read with; fail if a version breaks the one before it."""
        versions, mode = schemas.load("order"), compatibility.Mode(params["mode"])
        offered = schemas.merge_patch(versions[max(versions)], OFFERS[params["offer"]])
        schemas.require_understood(offered, "offer")
        in_order = [*versions.values(), offered]
        for old, new in pairwise(in_order):
            if broken := compatibility.check(new, old, mode):
                raise AirflowFailException(f"Not {mode} compatible: {'; '.join(map(str, broken))}")
        return offered

    @task
    def load_messages(reader: dict[str, Any]) -> dict[str, int]:
        """Load what fits; return how many of each version, and how many are in quarantine."""
        sql = "SELECT message FROM marts.order_messages ORDER BY line"
        messages = [message for (message,) in warehouse().get_records(sql)]
        versions = schemas.load("order")
        return order_messages.load(warehouse().get_conn, messages, versions, reader)

    @task(retries=0)
    def count(received: int, loaded: dict[str, int]) -> int:
        """Fail unless each message is an order or in quarantine; return how many came."""
        if received != sum(loaded.values()):
            raise ValueError(f"{received} messages came, but {loaded} were sorted.")
        return received

    received, reader = receive_messages(), accept_schema()
    loaded = load_messages(reader)
    make_tables >> received >> loaded
    count(received, loaded)


phase10_02_schema_validation()
