"""# 9.03 · Cloud integration

One dataset moves through S3, Google Cloud Storage, BigQuery and Azure Blob Storage, and its
rows and checksums are the same everywhere.

**Level** Advanced · **Time** 20 minutes · **After** `phase4_01_xcom_basics`,
`phase5_01_connections_variables` · **Services** `object_store`, `gcs`, `bigquery`, `azurite`

## What you will learn

- One **hook** for each cloud: `S3Hook`, `GCSHook`, `BigQueryHook`, `WasbHook`. Where the cloud is
  and who may enter stands in the connection.
- A file moves from store to store; a **load job** makes a table of it, inside BigQuery.
- Compare rows, not bytes: a table has no order, and each system writes a time in its own way.

## Run it

1. Press **Trigger**. Behind `copy_to_gcs`, BigQuery and Azure fill side by side.
2. Open `compare`, **Storage · XCom**: four places hold 3604 rows each, with one fingerprint, and
   the revenue that BigQuery adds up for each country is the source's, to the cent.
3. Trigger again with *tamper* ticked: one amount changes on its way to Azure, and `compare` ends
   red, naming what each place holds.

## Why it is written this way

Every copy is written whole under a fixed name, and the load job replaces its table: a second run
leaves what the first one did. What a place holds is *read back* from it, for an upload that was
accepted is not yet a copy that is right. Tasks hand each other fingerprints, never the data.

The providers have operators for these steps, such as `GCSToBigQueryOperator`. Importing them takes
over a second whenever the file is read; the hooks beneath them are imported in the tasks.

## Next

`phase9_04_message_queues` moves single events instead of whole files.
"""

from datetime import timedelta
from decimal import Decimal
from typing import Any

from airflow.sdk import Param, dag, task
from airflow.sdk.exceptions import AirflowFailException

from include.retail.fingerprint import Fingerprint, fingerprint, require_equal
from include.retail.orders import Order, newest_orders, orders_in, revenue_by_country

BUCKET, KEY = "shop-lake", "phase9/03_cloud_integration/orders.csv"
LIMIT = timedelta(minutes=2)  # Google's clients would try again by themselves for ten.
DATASET, TABLE = "phase9", "phase9.orders"
TYPES = ["INT64"] * 4 + ["NUMERIC"] + ["STRING"] * 3 + ["TIMESTAMP"] * 2
"""What the fields of an order are called in BigQuery."""
REVENUE = f"""
    SELECT COALESCE(country, 'unknown') AS country,
           SUM(IF(status IN ('cancelled', 'returned'), 0, amount)) AS revenue
    FROM (SELECT * FROM {TABLE} WHERE TRUE QUALIFY
          ROW_NUMBER() OVER (PARTITION BY order_id ORDER BY updated_at DESC) = 1)
    GROUP BY country ORDER BY country
"""


def orders_of_s3() -> bytes:
    """The source: the shop's export of every version of every order."""
    from airflow.providers.amazon.aws.hooks.s3 import S3Hook

    return S3Hook("object_store").get_key("exports/orders.csv", "shop").get()["Body"].read()


def bigquery_client() -> Any:
    """BigQuery's own client, for the connection's project."""
    from airflow.providers.google.cloud.hooks.bigquery import BigQueryHook

    hook = BigQueryHook("google_cloud_bigquery_default")
    return hook.get_client(hook.project_id)


@dag(
    dag_display_name="09.03 · Cloud integration",
    description=(
        "One dataset moves through S3, Google Cloud Storage, BigQuery and Azure Blob Storage, and "
        "its rows and checksums are the same everywhere."
    ),
    schedule=None,
    params={"tamper": Param(False, type="boolean", description="Spoil the copy in Azure")},
    default_args={
        "owner": "sales",
        "retries": 1,
        "retry_delay": timedelta(seconds=2),
        "execution_timeout": LIMIT,
    },
    tags=["phase9", "advanced", "object_store", "gcs", "bigquery", "azurite"],
    doc_md=__doc__,
)
def phase9_03_cloud_integration() -> None:
    """Move the orders through four stores of three clouds, and compare."""

    @task
    def copy_to_gcs() -> dict[str, Any]:
        """Store the file in Google Cloud Storage; return the fingerprint of what lies there."""
        from airflow.providers.google.cloud.hooks.gcs import GCSHook

        hook = GCSHook("google_cloud_default")
        if hook.get_conn().lookup_bucket(BUCKET) is None:
            hook.create_bucket(bucket_name=BUCKET)
        hook.upload(BUCKET, KEY, data=orders_of_s3(), mime_type="text/csv")
        return fingerprint(orders_in(hook.download(BUCKET, KEY)))._asdict()

    @task
    def load_into_bigquery() -> dict[str, Any]:
        """Make a table of the file in Google Cloud Storage; return the fingerprint of its rows."""
        from google.cloud.bigquery import LoadJobConfig, SchemaField

        client = bigquery_client()
        client.create_dataset(DATASET, exists_ok=True)
        schema = [SchemaField(*column) for column in zip(Order._fields, TYPES, strict=True)]
        job = LoadJobConfig(schema=schema, skip_leading_rows=1, write_disposition="WRITE_TRUNCATE")
        client.load_table_from_uri(f"gs://{BUCKET}/{KEY}", TABLE, job_config=job).result()
        rows = client.query(f"SELECT * FROM {TABLE}").result()
        return fingerprint(map(Order.parse, rows))._asdict()

    @task
    def copy_to_azure(params: dict[str, Any]) -> dict[str, Any]:
        """Store the file of Google Cloud Storage in Azure; return the fingerprint of the copy."""
        from airflow.providers.google.cloud.hooks.gcs import GCSHook
        from airflow.providers.microsoft.azure.hooks.wasb import WasbHook

        content = GCSHook("google_cloud_default").download(BUCKET, KEY)
        if params["tamper"]:
            content = content.replace(b",27.90,", b",27.91,", 1)
        hook = WasbHook("azure_blob")
        hook.create_container(BUCKET)
        hook.upload(BUCKET, KEY, content, overwrite=True)
        return fingerprint(orders_in(hook.download(BUCKET, KEY).readall()))._asdict()

    @task
    def sum_in_bigquery() -> dict[str, str]:
        """Return the revenue of each country in EUR, as BigQuery adds it up."""
        rows = bigquery_client().query(REVENUE).result()
        return {row.country: str(row.revenue) for row in rows}

    @task
    def compare(copies: dict[str, Any], revenue: dict[str, str]) -> dict[str, Any]:
        """Fail unless each place holds the source's rows, and BigQuery adds up as Python does."""
        source = orders_in(orders_of_s3())
        found = {name: Fingerprint(**copy) for name, copy in copies.items()}
        require_equal({"S3": fingerprint(source), **found})
        expected = revenue_by_country(newest_orders(source))
        if {country: Decimal(sum) for country, sum in revenue.items()} != expected:
            raise AirflowFailException(f"BigQuery adds up {revenue}, the source {expected}.")
        return {"places": ["S3", *found], **fingerprint(source)._asdict()}

    gcs, bigquery, azure = copy_to_gcs(), load_into_bigquery(), copy_to_azure()
    gcs >> [bigquery, azure]
    bigquery >> (revenue := sum_in_bigquery())
    compare({"GCS": gcs, "BigQuery": bigquery, "Azure": azure}, revenue)


phase9_03_cloud_integration()
