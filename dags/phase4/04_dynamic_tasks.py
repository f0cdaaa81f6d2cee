"""# 4.04 · Dynamic tasks

As many tasks run as supplier files were found, zero included; one bad file fails alone and the
rest is added up.

**Level** Beginner · **Time** 15 minutes · **After** `phase4_01_xcom_basics` · **Services**
`object_store`, `postgres`

## What you will learn

- **Dynamic task mapping**: `task.expand(url=urls)` makes one task instance per element of a list
  that another task returned; `partial(...)` gives the arguments that all of them share.
- `zip` pairs two lists and `map` reshapes each element, without a task of their own;
  `expand_kwargs` takes one dictionary of arguments per instance.
- A whole **task group** is mapped the same way; inside, each instance waits only for its own.
- `map_index_template` names the instances, `max_active_tis_per_dag` limits how many run at once.
- A task that takes the list of all results is the **reduce**.

## Run it

1. Press **Trigger** and keep the day. `copy_file [5]` in the **Graph** stands for five instances:
   open it and see them named after their files, never more than two running.
2. `store_total` returned `5 of 5 files`, and the sums stand in `marts.delivery_totals`.
3. Trigger with the day `2026-02-01`: no file, so everything mapped is skipped, and the sum too.
4. Trigger with *Include a corrupt file*: six instances. `read_delivery` of the sixth fails and its
   `store_cost` does not run; `store_total` says `5 of 6 files`. The run ends **success**, because
   its last task did, and the failed instance stays red.

## Why it is written this way

The number of files is nobody's guess: `find_files` lists the store when it runs. Every instance
writes under the name of its own file, so they never meet, and again gives the same. The copies are
limited because the store is shared. `store_total` has the rule `all_done_min_one_success`: one bad
file must not hold back the others, and with no file at all it is skipped. It pulls the number of
files; as an argument, `find_files` would already be the one success.

## Next

`phase5_01_connections_variables` keeps addresses and secrets out of the code.
"""

from datetime import timedelta
from decimal import Decimal
from pathlib import PurePosixPath
from typing import Any

from airflow.providers.common.sql.operators.sql import SQLExecuteQueryOperator
from airflow.sdk import ObjectStoragePath, Param, TriggerRule, dag, task, task_group

from include.data import seeds
from include.retail.deliveries import parse_delivery, total_cost

COPIES = "s3://object_store@lake/phase4/04_dynamic_tasks"
TABLES = """
CREATE TABLE IF NOT EXISTS marts.delivery_costs (
    day date, supplier text, units integer, cost numeric(12, 2), PRIMARY KEY (day, supplier)
);
CREATE TABLE IF NOT EXISTS marts.delivery_totals (
    day date PRIMARY KEY, files integer, unread integer, cost numeric(12, 2)
)
"""


def as_arguments(pair: tuple[str, str]) -> dict[str, str]:
    """Turn a file and its supplier into the arguments of `take_in`."""
    return {"url": pair[0], "supplier": pair[1]}


def store_row(table: str, key: list[str], row: dict[str, Any]) -> None:
    """Write one row, in the place of the one with the same key."""
    from airflow.providers.postgres.hooks.postgres import PostgresHook

    values = [tuple(row.values())]
    PostgresHook("warehouse").insert_rows(table, values, row, replace=True, replace_index=key)


@dag(
    dag_display_name="04.04 · Dynamic tasks",
    description=(
        "As many tasks run as supplier files were found, zero included; one bad file fails alone "
        "and the rest is added up."
    ),
    schedule=None,
    params={
        "day": Param("2026-01-06", type="string", format="date", description="Day of delivery"),
        "include_corrupt": Param(False, type="boolean", title="Include a corrupt file"),
    },
    default_args={"owner": "purchasing", "retries": 1, "retry_delay": timedelta(seconds=2)},
    tags=["phase4", "beginner", "object_store", "postgres"],
    doc_md=__doc__,
)
def phase4_04_dynamic_tasks() -> None:
    """Take in as many delivery files as there are."""
    make_tables = SQLExecuteQueryOperator(task_id="make_tables", conn_id="warehouse", sql=TABLES)

    @task
    def find_files(params: dict[str, Any] | None = None) -> list[str]:
        """Return the addresses of the day's files, and of the corrupt one if it is wanted."""
        folder = ObjectStoragePath(f"s3://object_store@shop/deliveries/{params['day']}")
        corrupt = seeds.CORRUPT_DELIVERIES.rglob("*.csv") if params["include_corrupt"] else ()
        return sorted(map(str, folder.glob("*.csv"))) + [path.as_uri() for path in corrupt]

    @task
    def name_suppliers(urls: list[str]) -> list[str]:
        """Return the name of the supplier of each file."""
        from airflow.providers.postgres.hooks.postgres import PostgresHook

        query = "SELECT supplier_id, name FROM shop.suppliers"
        names = dict(PostgresHook("warehouse").get_records(query))
        return [names[PurePosixPath(url).stem] for url in urls]

    @task(max_active_tis_per_dag=2, map_index_template="{{ task.op_kwargs['url'].split('/')[-1] }}")
    def copy_file(folder: str, url: str) -> str:
        """Keep the file as it came; return the copy's address."""
        copy = ObjectStoragePath(folder) / "/".join(url.split("/")[-3:])
        copy.write_bytes(ObjectStoragePath(url).read_bytes())
        return str(copy)

    @task(map_index_template="{{ task.op_kwargs['supplier'] }}")
    def read_delivery(url: str, supplier: str) -> dict[str, Any]:
        """Return what the supplier delivered: units, and their cost in EUR."""
        lines = parse_delivery(ObjectStoragePath(url).read_text(), url)
        units = sum(line.quantity for line in lines)
        return {"supplier": supplier, "units": units, "cost": str(total_cost(lines))}

    @task
    def store_cost(delivery: dict[str, Any], params: dict[str, Any] | None = None) -> str:
        """Store one supplier's row; return its cost."""
        row = {"day": params["day"], **delivery}
        store_row("marts.delivery_costs", ["day", "supplier"], row)
        return delivery["cost"]

    @task_group
    def take_in(url: str, supplier: str) -> Any:
        """Read one file and store its cost, apart from all others."""
        return store_cost(read_delivery(url=url, supplier=supplier))

    @task(trigger_rule=TriggerRule.ALL_DONE_MIN_ONE_SUCCESS)
    def store_total(costs: list[str], ti: Any = None, params: dict[str, Any] | None = None) -> str:
        """Add up what could be read, and store one row for the day."""
        files = len(ti.xcom_pull(task_ids="find_files"))
        row = {"day": params["day"], "files": files, "unread": files - len(costs)}
        row["cost"] = sum(map(Decimal, costs))
        store_row("marts.delivery_totals", ["day"], row)
        return f"{len(costs)} of {files} files"

    urls = find_files()
    copies = copy_file.partial(folder=COPIES).expand(url=urls)
    files = copies.zip(name_suppliers(urls)).map(as_arguments)
    costs = take_in.expand_kwargs(files)
    make_tables >> urls
    store_total(costs)


phase4_04_dynamic_tasks()
