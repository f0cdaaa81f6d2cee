"""`phase9_01_database_integration`: the whole file, or nothing of it."""

from collections.abc import Callable
from typing import Any

import pytest
from airflow.sdk.exceptions import AirflowFailException

from include.data import seeds
from include.lab.seeding import open_warehouse
from include.lab.settings import Lab
from include.loading.order_file import HISTORY, ORDERS, TABLES
from include.retail.orders import Order, newest_orders
from tests.lessons import Result, Run, query

LESSON = "phase9_01_database_integration"
SOUND = {"create_tables", "look_before", "look_after", "check_columns", "check_tables"}
VERSIONS = seeds.orders()
WANTED = newest_orders(VERSIONS), set(VERSIONS)


def change(*statements: str) -> None:
    """Change the warehouse behind the lesson's back."""
    connection = open_warehouse()
    with connection, connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)
    connection.close()


def tables() -> tuple[list[Order], set[Order]]:
    orders = query(f"SELECT * FROM {ORDERS} ORDER BY order_id")
    history = query(f"SELECT * FROM {HISTORY}")
    assert len(set(history)) == len(history)
    return [Order._make(row) for row in orders], {Order._make(row) for row in history}


@pytest.fixture(scope="module")
def loaded(run: Run, lab: Lab) -> Result:
    """A run as after the first `make up`: no row was ever loaded."""
    change(f"DROP TABLE IF EXISTS {ORDERS}, {HISTORY}", *TABLES)
    return run(LESSON)


def test_both_tables_hold_the_seeds_in_one_transaction(loaded: Result) -> None:
    """The newest version of each order, and every version; all rows bear the same number."""
    assert loaded.state == "success"
    assert set(loaded.states.values()) == {"success"}
    orders, history = WANTED
    assert (len(orders), len(history)) == (3420, 3580)
    told = {"staged": len(VERSIONS), "orders": len(orders), "history": len(history)}
    assert loaded.returned("load_orders") == told
    assert tables() == WANTED
    numbers = f"SELECT xmin::text FROM {ORDERS} UNION SELECT xmin::text FROM {HISTORY}"
    assert len(query(numbers)) == 1


def test_both_ways_are_measured(loaded: Result) -> None:
    """The same lines went in by COPY and by INSERT, and the race left nothing else."""
    seconds: dict[str, float] = loaded.returned("race")

    assert set(seconds) == {"copy", "insert"}
    assert min(seconds.values()) > 0


def test_a_bad_row_leaves_the_tables_as_they_were(run: Run, loaded: Result) -> None:
    """The run fails; rows that the file would have mended stay wrong, until a good file comes."""
    change(
        f"DELETE FROM {ORDERS} WHERE order_id % 7 = 0",
        f"DELETE FROM {HISTORY} WHERE order_id % 7 = 0",
        f"UPDATE {ORDERS} SET amount = amount + 1 WHERE order_id % 5 = 0",
    )
    before = tables()
    assert before != WANTED

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
    assert tables() == WANTED


@pytest.fixture
def load(bag: Any, loaded: Result, known_connections: None) -> Callable[[], dict[str, int]]:
    """The load alone, as its task does it; both tables are as the file says."""
    load_orders = bag.dags[LESSON].get_task("load_orders").python_callable
    change(f"DELETE FROM {ORDERS}", f"DELETE FROM {HISTORY}")
    load_orders(params={"bad_row": False})
    return lambda: load_orders(params={"bad_row": False})


def test_what_is_there_is_not_written_again(load: Callable[[], dict[str, int]]) -> None:
    """The same file once more: staged, and not a row of it written."""
    before = query(f"SELECT xmin::text, * FROM {ORDERS} ORDER BY order_id")

    assert load() == {"staged": len(VERSIONS), "orders": 0, "history": 0}

    assert query(f"SELECT xmin::text, * FROM {ORDERS} ORDER BY order_id") == before
    assert tables() == WANTED


@pytest.mark.parametrize(
    ("damage", "found_by"),
    [
        (f"DELETE FROM {HISTORY} WHERE order_id = 10001", "check_tables"),
        (f"UPDATE {ORDERS} SET amount = -1 WHERE order_id = 10001", "check_columns"),
    ],
)
def test_the_checks_say_so(
    bag: Any, load: Callable[[], dict[str, int]], damage: str, found_by: str
) -> None:
    """A damage that the load cannot mend turns the check red that is about it, and no other."""
    # A version from the future: the file's own, older one does not replace it.
    change(f"UPDATE {ORDERS} SET updated_at = '2099-01-01' WHERE order_id = 10001")
    change(f"UPDATE {HISTORY} SET updated_at = '2099-01-01' WHERE order_id = 10001")
    change(damage)
    load()
    dag = bag.dags[LESSON]
    (other,) = {"check_tables", "check_columns"} - {found_by}

    dag.get_task(other).execute({})
    with pytest.raises(AirflowFailException):
        dag.get_task(found_by).execute({})

    assert found_by in {task.task_id for task in dag.leaves}, "a red leaf turns the run red"
