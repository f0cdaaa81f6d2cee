"""Tenants' Dags: what each is made of, and how their cost grows."""

from pathlib import Path
from typing import Any

import pytest

from include.dag_factory.tenants import many
from plugins.factories import tenant_dags
from tests.bench import tenants


def test_a_dag_is_its_tenants_steps_through_its_own_connection():
    """In their order; with its pool, retries, owner and tag."""
    (tenant,) = many(1)

    dag = tenant_dags.build(tenant, "lesson", "15.03 · Lesson", ["phase15"])

    tasks: list[Any] = dag.topological_sort()
    assert (dag.dag_id, dag.dag_display_name) == ("lesson__t0000", "15.03 · Lesson: t0000")
    assert [task.task_id for task in tasks] == ["make_table", "fill_table", "check_table"]
    assert [len(task.downstream_task_ids) for task in tasks] == [1, 1, 0]
    for task in tasks:
        assert (task.conn_id, task.pool, task.owner) == (tenant.schema,) * 3
        assert task.retries == 2
    assert dag.tags == {"phase15", "tenant:t0000"}


def test_dags_grow_with_the_tenants_and_mapped_tasks_do_not():
    """Ten times the tenants are ten times the bytes, or as many as before."""
    dags = [tenant_dags.cost_of_dags(number).size for number in (5, 50)]
    tasks = [tenant_dags.cost_of_tasks(number).size for number in (5, 50)]

    assert dags[1] == 10 * dags[0]
    assert tasks[1] == tasks[0] < dags[0]
    assert tenant_dags.cost_of_dags(50).seconds > 0


def test_the_benchmark_reads_what_it_measures(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As many Dags as tenants, their growth, and a row of its page for each number."""

    def read_here(source: str) -> dict[str, Any]:
        file = tmp_path / f"of_{len(source)}_letters.py"
        file.write_text(source)
        return tenants.main(file)

    monkeypatch.setattr(tenants, "_read", read_here)

    few, many_of_them = tenants.grow([50, 5])

    assert (few.tenants, many_of_them.tenants) == (few.dags, many_of_them.dags) == (5, 50)
    assert many_of_them.bytes == 10 * few.bytes
    assert many_of_them.tasks_bytes == few.tasks_bytes
    rows = tenants.growth_table([few, many_of_them]).splitlines()[-2:]
    assert [row.split(" | ")[0] for row in rows] == ["| 5", "| 50"]
