"""# 17.02 · Data catalogue

Tables, owners, schemas, tags and Dags are published to a catalogue, found again by tag, and a
changed schema shows.

**Level** Enterprise Security & Governance · **Time** 20 minutes · **After**
`phase17_01_openlineage` · **Services** `postgres`, `inbox`

## What you will learn

- A **data catalogue** tells people what there is: tables and Dags, who answers for them, what their
  columns are, by which words they are found.
- Tables are **published** as they are: the columns come from the database, owners and tags from
  `configs/catalogue.toml`. Dags come from Airflow itself, with theirs.
- The catalogue is **kept in step**: what is gone is removed, and what has changed is told.
- DataHub is spoken to through its **own client**. `Catalogue` says in four methods what a catalogue
  has to be able to do; Amundsen, Unity Catalog or a folder of files fit in the same way.

## Run it

1. Press **Trigger**, then open the inbox (its address is in the terminal of `make up`), and there
   **Catalogue**: seven tables, and every Dag of Airflow. Choose the tag *confidential*.
2. Trigger with *change* `add_column`: the table `marts.catalogue_loyalty` has a column more. The
   sales team is told in Slack, and `publish_tables`, **Storage · XCom**, says which it is.
3. Trigger with *change* `drop_table`: it is gone, and nobody finds it any more.
4. Trigger as it was: the table is there again. `search` returns what has the *tag* that you chose.

## Why it is written this way

What people keep by hand is wrong soon: only what no machine knows, an owner and a word, is written
down. Entries are compared before they are published, so a change is told once, to those who may
have built upon it. The lab's catalogue answers as DataHub does, as far as this lesson needs it;
point the connection `catalog` at the real one, and the lesson is the same.

## Next

`phase17_03_governance_workflows` lets machines keep the rules.
"""

from typing import Any

from airflow.sdk import Param, dag, task

from include.catalog import loyalty
from plugins.hooks.catalog import CatalogHook

TAGS = ["pii", "confidential", "public"]


@dag(
    dag_display_name="17.02 · Data catalogue",
    description=(
        "Tables, owners, schemas, tags and Dags are published to a catalogue, found again by tag, "
        "and a changed schema shows."
    ),
    schedule=None,
    max_active_runs=1,
    params={
        "change": Param("nothing", enum=[*loyalty.CHANGES], description="What befalls a table"),
        "tag": Param("pii", enum=TAGS, description="What to search for"),
    },
    default_args={"owner": "platform", "retries": 2, "retry_delay": 2},
    tags=["phase17", "enterprise-security-governance", "postgres", "inbox"],
    doc_md=__doc__,
)
def phase17_02_data_catalog() -> None:
    """Keep a catalogue in step with the tables and Dags that there are."""

    @task
    def change_table(params: dict[str, Any]) -> None:
        """Let the table be there as it was, or changed, or not at all."""
        from airflow.providers.postgres.hooks.postgres import PostgresHook

        PostgresHook("warehouse").run(loyalty.CHANGES[params["change"]])

    @task
    def publish_tables() -> list[str]:
        """Let the catalogue hold the tables that there are; return what has changed."""
        from airflow.providers.postgres.hooks.postgres import PostgresHook

        from include.catalog import sources

        facts = sources.curated()
        columns = PostgresHook("warehouse").get_records(sources.COLUMNS, [[*facts.table]])
        return CatalogHook().synchronise("table", sources.tables(columns, facts))

    @task
    def publish_dags() -> int:
        """Let the catalogue hold the Dags that Airflow has; return how many they are."""
        from include.catalog import sources
        from plugins.hooks.airflow_api import AirflowApiHook

        entries = sources.dags(AirflowApiHook().get("dags", limit=1000)["dags"])
        CatalogHook().synchronise("dag", entries)
        return len(entries)

    @task
    def tell_changes(changes: list[str], ti: Any = None) -> int:
        """Raise an alert for what has changed; return how many changes there are."""
        from include.alerting.alert import Alert
        from plugins.hooks.alerts import AlertsHook

        if changes:
            # Another change is another alert; the same one is told once an hour.
            title, rest = changes[0], "; ".join(changes)
            source = (ti.dag_id, title, ti.run_id)
            AlertsHook().raise_alert(Alert("P3", "sales", *source, title, rest))
        return len(changes)

    @task
    def search(params: dict[str, Any]) -> dict[str, list[str]]:
        """Return the tables that have the tag, and the columns of each."""
        return CatalogHook().tables_with(params["tag"])

    changes = publish_tables()
    change_table() >> changes >> search()
    tell_changes(changes)
    publish_dags()


phase17_02_data_catalog()
