"""`phase18_02_ab_testing`: the better variant is rolled out, equal ones have no winner."""

from collections.abc import Callable
from typing import Any

import pytest
from scipy.stats import chi2_contingency, chisquare

from include.experiments.experiment import FOLDER
from tests.lessons import Result, Run, query

LESSON = "phase18_02_ab_testing"
DECISIONS = "SELECT verdict, variant, look FROM marts.experiment_decisions WHERE experiment = %s"
SEEN = """
SELECT variant, count(*), count(*) FILTER (WHERE bought) FROM marts.experiment_visits
WHERE experiment = %s GROUP BY 1 ORDER BY 1
"""
BEFORE = """
SELECT variant, bought, count(*) FROM marts.experiment_visits
WHERE experiment = 'one_page_checkout' AND at < '2026-03-23' GROUP BY 1, 2 ORDER BY 1, 2
"""
UNTOUCHED = {"experiment": "one_page_checkout", "looks": 4, "lose_visits": False}
Task = Callable[..., Any]


@pytest.fixture(scope="module")
def result(run: Run) -> Result:
    """The lesson, untouched."""
    return run(LESSON)


@pytest.fixture
def task(bag: Any, known_connections: None) -> Callable[[str], Task]:
    """The tasks of the lesson, as functions."""
    return lambda name: bag.dags[LESSON].get_task(name).python_callable


def test_the_better_variant_is_rolled_out(result: Result) -> None:
    """With scipy's p-values on the recorded visits."""
    assert result.state == "success"
    assert result.returned("roll_out") == {"one_page": 1000}
    looks = result.returned("take_looks")
    assert query(DECISIONS, "one_page_checkout") == [("winner", "one_page", 3)]
    assert [look["number"] for look in looks] == [1, 2, 3]
    counts = [number for _, _, number in query(BEFORE)]
    scipy = chi2_contingency([counts[:2], counts[2:]], correction=False)
    assert looks[-1]["p_value"] == pytest.approx(scipy.pvalue)
    assert abs(looks[-1]["z"]) > looks[-1]["bound"]
    seen = [visitors for _, visitors, _ in query(SEEN, "one_page_checkout")]
    assert result.returned("check_ratio") == pytest.approx(chisquare(seen).pvalue)


def test_the_rehearsal_keeps_its_promise(result: Result) -> None:
    """A/A has a winner in 5 % of the experiments, and without bounds in more than twice as many."""
    rehearsed = result.returned("rehearse")

    assert rehearsed["winners"] == pytest.approx(0.05, abs=0.011)
    assert rehearsed["peeking"] > 0.11


def test_too_early_it_goes_on(result: Result, task: Callable[[str], Task]) -> None:
    """After one week nothing is rolled out, and what was is taken back: the traffic is split."""
    conf = {**UNTOUCHED, "looks": 1}

    looks = task("take_looks")(result.returned("plan_experiment"), conf)
    shown = task("roll_out")(task("decide")(looks, conf), conf)

    assert query(DECISIONS, "one_page_checkout") == [("go on", None, 1)]
    assert shown["one_page"] == pytest.approx(400, abs=50)
    assert sum(shown.values()) == 1000


@pytest.mark.usefixtures("result")
def test_equal_variants_have_no_winner(task: Callable[[str], Task]) -> None:
    """The real sessions of the shop, each counted once, as the clickstream has them."""
    conf = {**UNTOUCHED, "experiment": "same_checkout_twice"}

    plan = task("plan_experiment")(conf)
    task("rehearse")(plan, conf)
    task("check_ratio")(task("record_visits")(conf), conf)
    shown = task("roll_out")(task("decide")(task("take_looks")(plan, conf), conf), conf)

    assert query(DECISIONS, "same_checkout_twice") == [("no difference", "first", 4)]
    assert shown == {"first": 1000}
    counted = query(SEEN, "same_checkout_twice")
    real = query(
        "SELECT count(DISTINCT session_id),"
        " count(DISTINCT session_id) FILTER (WHERE page = 'thanks') FROM shop.clickstream"
    )
    assert [(sum(row[1] for row in counted), sum(row[2] for row in counted))] == real


def test_lost_visits_stop_it(run: Run, result: Result, task: Callable[[str], Task]) -> None:
    """The check fails at once with the numbers; what visitors see stays as it was."""
    before = query(DECISIONS, "one_page_checkout")
    assert before
    ratio = result.returned("check_ratio")

    lossy = run(LESSON, conf={"lose_visits": True})

    assert lossy.state == "failed"
    assert lossy.states["check_ratio"] == "failed"
    assert lossy.states["roll_out"] == "upstream_failed"
    assert query(DECISIONS, "one_page_checkout") == before
    whole = task("record_visits")(UNTOUCHED)
    assert task("check_ratio")(whole, UNTOUCHED) == ratio


def test_every_experiment_is_offered(bag: Any) -> None:
    """The form has a line for each file."""
    offered = bag.dags[LESSON].params.get_param("experiment").schema["enum"]

    assert sorted(offered) == sorted(file.stem for file in FOLDER.glob("*.yaml"))
