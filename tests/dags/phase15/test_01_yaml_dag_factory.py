"""`phase15_01_yaml_dag_factory`: definitions are checked, and the Dags made of them really work."""

from typing import Any

from include.dag_factory import definitions, edits
from include.data import seeds
from include.retail.orders import newest_orders
from tests.bench.parsing import ROOT
from tests.lessons import Run, query

LESSON = "phase15_01_yaml_dag_factory"
CHANNELS = f"{LESSON}__channels"
FILE = ROOT / "dags/phase15/configs/dag_definitions.yaml"
TEXT = FILE.read_text(encoding="utf-8")
ORDERS = newest_orders(seeds.orders())


def revenue(by: str) -> list[tuple[Any, ...]]:
    """The revenue of each value of a field, as the seeds have it."""
    names = {getattr(order, by) or "unknown" for order in ORDERS}
    return [
        (name, sum(o.amount for o in ORDERS if (getattr(o, by) or "unknown") == name))
        for name in sorted(names)
    ]


def test_what_is_right_is_started(run: Run) -> None:
    """Untouched, both Dags; and the version that git gives to the file."""
    result = run(LESSON)

    assert result.state == "success"
    assert result.states == {
        "list_dags": "success",
        "tell_version": "success",
        "refuse_mistakes": "success",
        "start_report[0]": "success",
        "start_report[1]": "success",
    }
    assert len(result.returned("tell_version")) == 40


def test_a_mistake_is_told_and_the_neighbour_started(run: Run, bag: Any) -> None:
    """As the page says, to the letter."""
    result = run(LESSON, {"edit": "unknown_task"})

    assert result.states == {
        "list_dags": "success",
        "tell_version": "success",
        "refuse_mistakes": "failed",
        "start_report[0]": "success",
    }
    assert result.returned("list_dags") == [f"{LESSON}__countries"]
    (mistake,) = definitions.read(edits.edit(TEXT, "unknown_task"), FILE.name).bad[CHANNELS]
    page = " ".join(bag.dags[LESSON].doc_md.split())
    assert mistake.partition(" (")[0].replace(LESSON, "…") in page


def test_the_generated_dags_do_their_work(run: Run) -> None:
    """Each has the sums of the seeds and one row a name."""
    assert run(f"{LESSON}__countries").state == "success"
    channels = run(f"{LESSON}__channels")

    assert query("SELECT * FROM marts.yaml_countries ORDER BY 1") == revenue("country")
    assert query("SELECT * FROM marts.yaml_channels ORDER BY 1") == revenue("channel")
    best, most = max(revenue("channel"), key=lambda row: row[1])
    assert channels.returned("tell") == (
        f"Most revenue by channel: {best} with {most} EUR, first of {len(revenue('channel'))}."
    )
