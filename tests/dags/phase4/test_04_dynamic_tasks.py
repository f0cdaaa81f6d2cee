"""`phase4_04_dynamic_tasks`: as many instances as there are files."""

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest

from include.data import seeds
from include.retail.deliveries import parse_delivery, total_cost
from tests.lessons import Result, Run, lake, query

DAG = "phase4_04_dynamic_tasks"
DAY = date(2026, 1, 6)
MAPPED = ("copy_file", "take_in.read_delivery", "take_in.store_cost")
COSTS = "SELECT supplier, units, cost FROM marts.delivery_costs WHERE day = %s ORDER BY supplier"
TOTAL = "SELECT files, unread, cost FROM marts.delivery_totals WHERE day = %s"


def costs(day: date) -> list[tuple[str, int, Decimal]]:
    """Each supplier's name, units and cost of a day, from the seeds."""
    names = {supplier.supplier_id: supplier.name for supplier in seeds.suppliers()}
    rows = []
    for path in seeds.deliveries(day):
        lines = parse_delivery(path.read_text(), path.name)
        rows.append((names[path.stem], sum(line.quantity for line in lines), total_cost(lines)))
    return sorted(rows, key=lambda row: row[0].encode())


def instances(states: dict[str, str | None], task_id: str) -> list[str | None]:
    """The states of a mapped task's instances, in their order."""
    return [states[name] for name in sorted(states) if name.startswith(f"{task_id}[")]


@pytest.fixture(scope="module")
def result(run: Run) -> Result:
    """The lesson, run untouched."""
    return run(DAG)


def test_n_files_give_n_instances(result: Result) -> None:
    """Every file is copied, read and stored by its own instance."""
    files = seeds.deliveries(DAY)
    assert result.state == "success"
    for task_id in MAPPED:
        assert instances(result.states, task_id) == ["success"] * len(files)
    copies = lake(f"phase4/04_dynamic_tasks/deliveries/{DAY}/")
    assert copies == {path.name: path.read_bytes() for path in files}
    assert query(COSTS, DAY) == costs(DAY)
    assert query(TOTAL, DAY) == [(len(files), 0, sum(cost for *_, cost in costs(DAY)))]


def test_instances_are_named_after_their_suppliers(result: Result) -> None:
    """`map_index_template` gives each instance the name of the supplier whose file it reads."""
    names = [
        ti.rendered_map_index
        for ti in result.task_instances
        if ti.task_id == "take_in.read_delivery"
    ]
    assert sorted(names) == sorted(name for name, *_ in costs(DAY))


def test_no_file_skips(run: Run) -> None:
    """A day without files skips every mapped task and the sum; the run succeeds."""
    result = run(DAG, {"day": "2026-02-01", "include_corrupt": False})
    assert result.state == "success"
    assert {result.states[name] for name in (*MAPPED, "store_total")} == {"skipped"}
    assert query(TOTAL, date(2026, 2, 1)) == []


def test_a_bad_file_fails_alone(run: Run, bag: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """The corrupt file's instance fails, nothing of it is stored, and the others are added up."""
    day = date(2026, 1, 8)
    good = len(seeds.deliveries(day))
    read_delivery = bag.dags[DAG].get_task("take_in.read_delivery")
    monkeypatch.setattr(read_delivery, "retry_delay", timedelta(0))

    result = run(DAG, {"day": day.isoformat(), "include_corrupt": True})

    assert result.state == "success"
    _, read, stored = (instances(result.states, task_id) for task_id in MAPPED)
    assert read == ["success"] * good + ["failed"]
    assert stored == ["success"] * good + ["upstream_failed"]
    assert result.returned("store_total") == f"{good} of {good + 1} files"
    assert query(COSTS, day) == costs(day)
    assert query(TOTAL, day) == [(good + 1, 1, sum(cost for *_, cost in costs(day)))]
