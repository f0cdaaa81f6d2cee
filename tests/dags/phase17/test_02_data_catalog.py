"""`phase17_02_data_catalog`: what there is stands in the catalogue, and what changes is told."""

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest

from include.catalog.datahub import DataHubCatalogue
from include.catalog.entry import Column
from include.lab.settings import Lab
from plugins.hooks.alerts import AlertsHook
from tests.inbox import Inbox
from tests.lessons import Run, query

LESSON = "phase17_02_data_catalog"
LOYALTY = "table:marts.catalogue_loyalty"


@pytest.fixture
def catalogue(lab: Lab) -> DataHubCatalogue:
    """The lab's catalogue, by DataHub's own client."""
    return DataHubCatalogue(f"{lab.url('inbox')}/gms")


@pytest.mark.airflow
def test_tables_and_dags_are_published(run: Run, catalogue: DataHubCatalogue, lab: Lab) -> None:
    """Read back: owners, tags, columns as the database has them; found by tag; on the page."""
    result = run(LESSON)

    assert result.state == "success"
    customers = catalogue.read("table:shop.customers")
    assert customers is not None
    assert (customers.owner, customers.tags) == ("sales", ("confidential", "pii"))
    columns = query(
        "SELECT column_name, data_type FROM information_schema.columns"
        " WHERE table_schema = 'shop' AND table_name = 'customers' ORDER BY ordinal_position"
    )
    assert customers.columns == tuple(Column(*one) for one in columns)
    assert f"dag:{LESSON}" in catalogue.find(kind="dag")
    assert len(catalogue.find(kind="dag")) == result.returned("publish_dags") > 50
    assert f"dag:{LESSON}" in catalogue.find("phase17", "dag")
    assert set(result.returned("search")) == {
        key.partition(":")[2] for key in catalogue.find("pii", "table")
    }
    assert "shop.products" not in result.returned("search")

    page = Inbox(lab).client.get("/catalog", params={"tag": "public"}).text
    assert "shop.products" in page
    assert "shop.customers" not in page


@pytest.fixture
def publish(bag: Any, known_connections: None) -> Callable[[str], list[str]]:
    """Change the table, publish, and tell the team what the catalogue has found."""
    tasks = bag.dags[LESSON].task_dict
    ti = SimpleNamespace(dag_id=LESSON, run_id="a run")

    def change_and_publish(change: str) -> list[str]:
        tasks["change_table"].python_callable({"change": change})
        said: list[str] = tasks["publish_tables"].python_callable()
        assert tasks["tell_changes"].python_callable(said, ti) == len(said)
        return said

    return change_and_publish


def test_a_changed_schema_shows_and_is_told(
    publish: Callable[[str], list[str]], catalogue: DataHubCatalogue, lab: Lab
) -> None:
    """A column more, another type, no table: each once, in the catalogue and in the inbox."""
    publish("nothing")
    inbox = Inbox(lab)
    AlertsHook().forget(LESSON)
    told = {
        "add_column": [f"{LOYALTY}: column phone is new (text)"],
        "change_type": [
            f"{LOYALTY}: column phone is gone",
            f"{LOYALTY}: column orders was integer and is numeric",
        ],
        "drop_table": [f"{LOYALTY} is gone"],
    }
    for change, said in told.items():
        inbox.clear()
        assert publish(change) == said
        assert any(said[0] in str(message) for message in inbox.newest("slack"))
        assert publish(change) == []

    assert catalogue.read(LOYALTY) is None
    assert LOYALTY not in catalogue.find("confidential")
    publish("nothing")
    assert LOYALTY in catalogue.find("confidential")
