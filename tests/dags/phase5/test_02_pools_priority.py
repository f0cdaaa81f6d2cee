"""`phase5_02_pools_priority`: what is stored; order and slots are proven on the live scheduler."""

from collections import defaultdict
from decimal import Decimal

from include.data import seeds
from tests.lessons import Run, query


def test_stores_each_suppliers_stock(run: Run, bag) -> None:
    """Each supplier of the lesson has one row, equal to the seeds."""
    wanted: dict[str, list] = defaultdict(lambda: [0, Decimal(0)])
    for product in seeds.products():
        wanted[product.supplier_id][0] += 1
        wanted[product.supplier_id][1] += product.price * product.stock

    result = run("phase5_02_pools_priority")

    assert result.state == "success"
    rows = query("SELECT supplier_id, products, value FROM marts.supplier_stock")
    suppliers = {task_id.removeprefix("store_") for task_id in result.states} - {"audit_stock"}
    assert len(rows) == len(suppliers) == 5
    assert {row[0]: list(row[1:]) for row in rows} == {s: wanted[s] for s in suppliers}


def test_every_task_is_in_the_pool(bag) -> None:
    """All tasks use the pool, and only the audit takes both of its slots."""
    tasks = bag.dags["phase5_02_pools_priority"].tasks

    assert {task.pool for task in tasks} == {"supplier_portal"}
    assert {task.task_id: task.pool_slots for task in tasks if task.pool_slots > 1} == {
        "audit_stock": 2
    }
