"""`phase2_02_taskflow_api`: revenue per country as Parquet."""

import io

import pyarrow.parquet as pq
import pytest

from include.data import seeds
from include.retail.orders import newest_orders, revenue_by_country
from tests.lessons import Result, Run, lake


@pytest.fixture(scope="module")
def result(run: Run) -> Result:
    """The lesson, run untouched."""
    return run("phase2_02_taskflow_api")


def test_parquet_holds_each_countrys_revenue(result: Result) -> None:
    """The one file's sums equal the seeds', one row for each country."""
    wanted = revenue_by_country(newest_orders(seeds.orders()))

    assert result.state == "success"
    files = lake("phase2/02_taskflow_api/")
    assert set(files) == {"revenue.parquet"}
    rows = pq.read_table(io.BytesIO(files["revenue.parquet"])).to_pylist()
    assert sorted((row["country"], row["revenue"]) for row in rows) == sorted(wanted.items())
    assert result.returned("read_back") == str(sum(wanted.values()))


def test_each_output_is_an_xcom_of_its_own(result: Result) -> None:
    """`multiple_outputs` stores the number of orders beside the revenue."""
    assert result.returned("sum_orders", key="orders") == len(newest_orders(seeds.orders()))
    assert set(result.returned("sum_orders", key="revenue")) > {"DE", "unknown"}
