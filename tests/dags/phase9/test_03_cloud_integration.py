"""`phase9_03_cloud_integration`: one dataset in four places, the same everywhere."""

from decimal import Decimal

import pytest

from include.data import seeds
from include.retail.fingerprint import fingerprint
from include.retail.orders import Order, newest_orders, orders_in, revenue_by_country
from tests.lessons import Run

LESSON = "phase9_03_cloud_integration"
BUCKET, KEY = "shop-lake", "phase9/03_cloud_integration/orders.csv"


def in_gcs() -> list[Order]:
    from airflow.providers.google.cloud.hooks.gcs import GCSHook

    return orders_in(GCSHook().download(BUCKET, KEY))


def in_bigquery() -> list[Order]:
    from airflow.providers.google.cloud.hooks.bigquery import BigQueryHook

    rows = BigQueryHook().get_client("shop").query("SELECT * FROM phase9.orders").result()
    return [Order.parse(row) for row in rows]


def in_azure() -> list[Order]:
    from airflow.providers.microsoft.azure.hooks.wasb import WasbHook

    return orders_in(WasbHook("azure_blob").download(BUCKET, KEY).readall())


@pytest.mark.usefixtures("known_connections")
def test_a_spoiled_copy_is_found_and_every_place_holds_the_sources_rows(run: Run) -> None:
    """With *tamper* the run fails in `compare`; the next mends it: each row is everywhere once.

    The rows are read by a client of each cloud, and BigQuery adds up as the source does, to the
    cent, for every country.
    """
    source = list(seeds.orders())

    spoiled = run(LESSON, conf={"tamper": True})

    assert spoiled.state == "failed"
    assert spoiled.states["compare"] == "failed"
    assert in_azure() != source

    result = run(LESSON)

    assert result.state == "success"
    assert in_azure() == source
    for place in (in_gcs, in_bigquery, in_azure):
        assert sorted(place(), key=str) == sorted(source, key=str)
    told = result.returned("compare")
    assert told == {"places": ["S3", "GCS", "BigQuery", "Azure"], **fingerprint(source)._asdict()}
    sums = result.returned("sum_in_bigquery")
    wanted = revenue_by_country(newest_orders(seeds.orders()))
    assert {country: Decimal(sum) for country, sum in sums.items()} == wanted
