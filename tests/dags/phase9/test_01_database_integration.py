"""`phase9_01_database_integration`: the whole file, or nothing of it."""

from typing import Any

import pytest

from include.data import seeds
from include.lab.seeding import open_warehouse
from include.lab.settings import Lab
from include.loading.order_file import HISTORY, ORDERS, TABLES
from include.retail.orders import Order, newest_orders
from tests.lessons import Run, query

LESSON = "phase9_01_database_integration"
SOUND = {"create_tables", "look_before", "look_after", "check_columns", "check_tables"}


def change(*statements: str) -> None:
    """Change the warehouse behind the lesson's back."""
    connection = open_warehouse()
    with connection, connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)
    connection.close()


@pytest.fixture(autouse=True)
def empty_tables(lab: Lab) -> None:
    """As after the first `make up`: no row was ever loaded."""
    change(f"DROP TABLE IF EXISTS {ORDERS}, {HISTORY}", *TABLES)


def tables() -> tuple[list[Order], set[Order]]:
    orders = query(f"SELECT * FROM {ORDERS} ORDER BY order_id")
    history = query(f"SELECT * FROM {HISTORY}")
    assert len(set(history)) == len(history)
    return [Order._make(row) for row in orders], {Order._make(row) for row in history}


def test_both_tables_hold_the_seeds(run: Run) -> None:
    """The newest version of each order, and every version; a second run writes nothing."""
    versions = seeds.orders()
    wanted = newest_orders(versions), set(versions)
    written = [(len(wanted[0]), len(wanted[1])), (0, 0)]
    assert written[0] == (3420, 3580)

    for orders, history in written:
        result = run(LESSON)

        assert result.state == "success"
        assert set(result.states.values()) == {"success"}
        told = {"staged": len(versions), "orders": orders, "history": history}
        assert result.returned("load_orders") == told
        assert tables() == wanted


def test_all_of_it_is_one_transaction(run: Run) -> None:
    """Every row of both tables bears the same transaction's number."""
    run(LESSON)

    numbers = f"SELECT xmin::text FROM {ORDERS} UNION SELECT xmin::text FROM {HISTORY}"
    assert len(query(numbers)) == 1


@pytest.mark.parametrize("loaded_before", [False, True])
def test_a_bad_row_leaves_the_tables_as_they_were(run: Run, loaded_before: bool) -> None:
    """The run fails; rows that the file would have mended are as wrong as before."""
    if loaded_before:
        run(LESSON)
        change(
            f"DELETE FROM {ORDERS} WHERE order_id % 7 = 0",
            f"DELETE FROM {HISTORY} WHERE order_id % 7 = 0",
            f"UPDATE {ORDERS} SET amount = amount + 1 WHERE order_id % 5 = 0",
        )
    before = tables()

    result = run(LESSON, conf={"bad_row": True})

    assert result.state == "failed"
    assert result.states == {
        **dict.fromkeys(SOUND, "success"),
        "load_orders": "failed",
        "race": "upstream_failed",
    }
    (failed,) = (ti for ti in result.task_instances if ti.task_id == "load_orders")
    assert failed.try_number == 1, "a refused row is not tried again"
    assert tables() == before
    assert result.returned("look_after") == result.returned("look_before")
    assert run(LESSON).state == "success"
    assert tables() == (newest_orders(seeds.orders()), set(seeds.orders()))


@pytest.mark.parametrize(
    ("damage", "found_by"),
    [
        (f"DELETE FROM {HISTORY} WHERE order_id = 10001", "check_tables"),
        (f"UPDATE {ORDERS} SET amount = -1 WHERE order_id = 10001", "check_columns"),
    ],
)
def test_the_checks_say_so(run: Run, damage: str, found_by: str) -> None:
    """A damage that the load cannot mend turns the check red that is about it, and no other."""
    run(LESSON)
    # A version from the future: the file's own, older one does not replace it.
    change(f"UPDATE {ORDERS} SET updated_at = '2099-01-01' WHERE order_id = 10001")
    change(f"UPDATE {HISTORY} SET updated_at = '2099-01-01' WHERE order_id = 10001")
    change(damage)

    result = run(LESSON)

    assert result.state == "failed"
    red = {task for task, state in result.states.items() if state != "success"}
    assert red == {found_by}


def test_copy_is_faster(run: Run) -> None:
    """Both were measured in this run, and COPY took the shorter time."""
    seconds: dict[str, Any] = run(LESSON).returned("race")

    assert 0 < seconds["copy"] < seconds["insert"]


def test_wrong_conf_is_refused_by_name(run: Run) -> None:
    """Nothing is written."""
    with pytest.raises(ValueError, match="bad_row"):
        run(LESSON, conf={"bad_row": "two"})
    assert tables() == ([], set())
