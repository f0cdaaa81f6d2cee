"""`phase7_03_circuit_breaker`: the API counts what an open circuit sends, and who probes."""

from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from include.data import seeds
from include.lab.seeding import open_warehouse
from include.lab.settings import Lab
from include.resilience.circuit_store import CREATE_TABLE
from plugins.hooks import shop_api
from tests.lessons import Run, query

LESSON = "phase7_03_circuit_breaker"
MINE = f"tests/{LESSON}"
UNITS = next(product.stock for product in seeds.products() if product.product_id == 1)
ROW = "SELECT * FROM marts.circuits WHERE name = 'shop_api'"


def calls(lab: Lab, origin: str) -> list[dict[str, Any]]:
    """The calls for stock that the API received from one run, or from this test."""
    query = {"path": "/stock", "correlation_id": origin}
    found: list[dict[str, Any]] = httpx.get(
        f"{lab.url('shop_api')}/received", params=query, trust_env=False
    ).json()
    return found


def set_circuit(state: str, failures: int, shut_for: str | None) -> None:
    """Leave the circuit behind as a former run would."""
    with open_warehouse() as connection, connection.cursor() as cursor:
        cursor.execute(CREATE_TABLE)
        cursor.execute("DELETE FROM marts.circuits WHERE name = 'shop_api'")
        cursor.execute(
            "INSERT INTO marts.circuits VALUES"
            " ('shop_api', %s, %s, clock_timestamp() + %s::interval)",
            (state, failures, shut_for),
        )
    connection.close()


def test_the_whole_round_is_seen_by_the_api(run: Run, bag: Any, lab: Lab) -> None:
    """Three calls fail, none is sent while open, one probe after the cool-down, then calls flow."""
    result = run(LESSON)

    assert result.state == "success"
    assert result.returned("call_until_open") == ["failed"] * 3 + ["refused"]
    assert result.returned("call_while_open") == {"outcomes": ["refused"] * 5, "sent": 0}
    asked = [result.returned("ask_at_once", index) for index in range(3)]
    assert [one["units"] for one in asked] == [UNITS] * 3
    # In this process the workers come one after the other: the first is the probe.
    assert [one["outcome"] for one in asked] == ["answered"] * 3
    received = calls(lab, f"{LESSON}/{result.run.run_id}")
    assert [call["status"] for call in received] == [503, 503, 503, 200, 200, 200]
    third, probe, after = received[2:5]
    rules = bag.dags[LESSON].get_task("call_until_open").python_callable.__globals__["RULES"]
    assert third["monotonic"] + rules.cool_down.total_seconds() <= probe["monotonic"]
    assert probe["faulted"], "the probe was made slow, by three seconds"
    assert probe["monotonic"] + 3 <= after["monotonic"], "nobody before the probe's answer"
    assert result.returned("report") == {
        "statuses": [503, 503, 503, 200, 200, 200],
        "circuit": "CLOSED",
    }
    assert query(ROW) == [("shop_api", "CLOSED", 0, None)]


@pytest.fixture
def tasks(
    bag: Any, lab: Lab, known_connections: None, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Any]:
    """The lesson's tasks, whose functions a test calls; the API and the circuit are well again."""
    monkeypatch.setattr(shop_api, "_this_run", lambda: MINE)
    shop = shop_api.ShopApiHook()
    shop.forget_faults()
    shop.forget_received()
    yield bag.dags[LESSON].task_dict
    shop.forget_faults()
    set_circuit("CLOSED", 0, None)


@pytest.mark.parametrize("state", ["OPEN", "HALF_OPEN"])
def test_a_run_meets_the_circuit_that_another_left(tasks: Any, lab: Lab, state: str) -> None:
    """Open, or with a probe whose prober was killed: no call until its time is over, then one."""
    set_circuit(state, 3, "1 hour")

    assert tasks["call_until_open"].python_callable() == ["refused"]
    assert tasks["call_while_open"].python_callable() == {"outcomes": ["refused"] * 5, "sent": 0}
    assert not tasks["wait_for_cool_down"].poke({})
    assert calls(lab, MINE) == []

    set_circuit(state, 3, "-1 seconds")

    assert tasks["wait_for_cool_down"].poke({})
    ask_at_once = tasks["ask_at_once"].python_callable
    asked = [ask_at_once(worker=worker)["outcome"] for worker in (1, 2, 3)]
    assert asked == ["answered"] * 3
    assert [call["status"] for call in calls(lab, MINE)] == [200, 200, 200]
    assert query(ROW) == [("shop_api", "CLOSED", 0, None)]


def test_a_circuit_that_has_cooled_down_is_probed_and_opened_again(tasks: Any, lab: Lab) -> None:
    """The first call of a run may be the probe: its failure is enough."""
    set_circuit("OPEN", 3, "-1 seconds")
    tasks["break_api"].python_callable()

    outcomes = tasks["call_until_open"].python_callable()

    assert outcomes == ["failed", "refused"]
    assert [call["status"] for call in calls(lab, MINE)] == [503]
    ((_, state, failures, shut_until),) = query(ROW)
    assert (state, failures) == ("OPEN", 4)
    assert shut_until is not None
    assert not tasks["wait_for_cool_down"].poke({})
