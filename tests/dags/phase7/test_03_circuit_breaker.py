"""`phase7_03_circuit_breaker`: the API counts what an open circuit sends, and who probes."""

from typing import Any

import httpx

from include.data import seeds
from include.lab.seeding import open_warehouse
from include.lab.settings import Lab
from include.resilience.circuit_store import CREATE_TABLE
from tests.lessons import Result, Run, query

LESSON = "phase7_03_circuit_breaker"
UNITS = next(product.stock for product in seeds.products() if product.product_id == 1)
ROW = "SELECT * FROM marts.circuits WHERE name = 'shop_api'"


def calls(lab: Lab, result: Result) -> list[dict[str, Any]]:
    """The calls for stock that the API received from this run."""
    of_run = {"path": "/stock", "correlation_id": f"{LESSON}/{result.run.run_id}"}
    found: list[dict[str, Any]] = httpx.get(
        f"{lab.url('shop_api')}/received", params=of_run, trust_env=False
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


def test_the_whole_round_is_seen_by_the_api(run: Run, lab: Lab) -> None:
    """Three calls fail, none is sent while open, one probe after the cool-down, then calls flow."""
    for _ in range(2):
        result = run(LESSON)

        assert result.state == "success"
        assert result.returned("call_until_open") == ["failed"] * 3 + ["refused"]
        assert result.returned("call_while_open") == {"outcomes": ["refused"] * 5, "sent": 0}
        asked = [result.returned("ask_at_once", index) for index in range(3)]
        assert [one["units"] for one in asked] == [UNITS] * 3
        # In this process the workers come one after the other: the first is the probe.
        assert [one["outcome"] for one in asked] == ["answered"] * 3
        received = calls(lab, result)
        assert [call["status"] for call in received] == [503, 503, 503, 200, 200, 200]
        third, probe, after = (received[index]["monotonic"] for index in (2, 3, 4))
        assert probe - third >= 10, "the cool-down"
        assert after - probe >= 3, "nobody before the probe's answer"
        assert result.returned("report") == {
            "statuses": [503, 503, 503, 200, 200, 200],
            "circuit": "CLOSED",
        }
        assert query(ROW) == [("shop_api", "CLOSED", 0, None)]


def test_a_run_meets_the_circuit_that_another_left_open(run: Run, lab: Lab) -> None:
    """What a former run has learned saves this one its failing calls."""
    set_circuit("OPEN", 3, "4 seconds")

    result = run(LESSON)

    assert result.state == "success"
    assert result.returned("call_until_open") == ["refused"]
    assert result.returned("call_while_open")["sent"] == 0
    assert [call["status"] for call in calls(lab, result)] == [200, 200, 200]
    assert query(ROW) == [("shop_api", "CLOSED", 0, None)]


def test_a_run_outlives_a_prober_that_was_killed(run: Run, lab: Lab) -> None:
    """A probe that nobody will ever end blocks until its lease is over, and no longer."""
    set_circuit("HALF_OPEN", 3, "4 seconds")

    result = run(LESSON)

    assert result.state == "success"
    assert result.returned("call_until_open") == ["refused"]
    assert [call["status"] for call in calls(lab, result)] == [200, 200, 200]
    assert query(ROW) == [("shop_api", "CLOSED", 0, None)]


def test_a_circuit_that_has_cooled_down_is_probed_and_opened_again(run: Run, lab: Lab) -> None:
    """The first call of a run may be the probe: its failure is enough."""
    set_circuit("OPEN", 3, "-1 seconds")

    result = run(LESSON)

    assert result.returned("call_until_open") == ["failed", "refused"]
    assert [call["status"] for call in calls(lab, result)] == [503, 200, 200, 200]
    assert query(ROW) == [("shop_api", "CLOSED", 0, None)]
