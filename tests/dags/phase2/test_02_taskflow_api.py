"""`phase2_02_taskflow_api`: revenue per country as Parquet."""

import io

import pyarrow.parquet as pq

from include.data import seeds
from include.retail.orders import newest_orders, revenue_by_country
from tests.lessons import Run, lake


def test_parquet_holds_each_countrys_revenue(run: Run) -> None:
    """The file's sums equal the seeds', and a second run leaves one file with the same rows."""
    wanted = revenue_by_country(newest_orders(seeds.orders()))

    for _ in range(2):
        result = run("phase2_02_taskflow_api")

        assert result.state == "success"
        files = lake("phase2/02_taskflow_api/")
        assert set(files) == {"revenue.parquet"}
        rows = pq.read_table(io.BytesIO(files["revenue.parquet"])).to_pylist()
        assert {row["country"]: row["revenue"] for row in rows} == wanted
        assert result.returned("read_back") == str(sum(wanted.values()))


def test_each_output_is_an_xcom_of_its_own(run: Run) -> None:
    """`multiple_outputs` stores the number of orders beside the revenue."""
    result = run("phase2_02_taskflow_api")

    assert result.returned("sum_orders", key="orders") == len(newest_orders(seeds.orders()))
    assert set(result.returned("sum_orders", key="revenue")) > {"DE", "unknown"}
