"""`phase15_02_jinja_templates`: three environments from one text, each with its own rows."""

from include.data import seeds
from include.retail.orders import newest_orders
from tests.lessons import Run, query

LESSON = "phase15_02_jinja_templates"
ENVIRONMENTS = ("dev", "staging", "prod")


def test_all_are_rendered_compared_and_started(run: Run) -> None:
    """Untouched; the differences are those of the variables, and production's check."""
    result = run(LESSON)

    assert result.state == "success"
    assert set(result.states.values()) == {"success"}
    assert len(result.states) == 7
    found = result.returned("show_differences")
    assert set(found) == {"dev to staging", "staging to prod"}
    assert "-   schedule: null" in found["dev to staging"]
    assert '+   schedule: "0 3 * * 0"' in found["dev to staging"]
    assert "+     - task_id: check_table" in found["staging to prod"]
    assert not [line for line in found["dev to staging"] if "check_table" in line]


def test_a_forgotten_variable_stops_all(run: Run) -> None:
    """Nothing is started with a blank in it."""
    result = run(LESSON, {"forget": "SHOP_RETRIES"})

    assert result.state == "failed"
    assert result.states["render[0]"] == result.states["render[2]"] == "failed"
    started = {state for name, state in result.states.items() if name.startswith("start_report")}
    assert started == {"upstream_failed"}


def test_each_environment_has_its_own_rows(run: Run) -> None:
    """There are as many as are wanted: 5, 25 and 100 of 100 customers."""
    customers = [order.customer_id for order in newest_orders(seeds.orders())]
    for name, share in zip(ENVIRONMENTS, (5, 25, 100), strict=True):
        assert run(f"{LESSON}__{name}").state == "success"
        wanted = sum(customer % 100 < share for customer in customers)
        assert query(f"SELECT count(*) FROM marts.jinja_{name}") == [(wanted,)]
        assert 0 < wanted <= len(customers)
