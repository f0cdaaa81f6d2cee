"""11.02: the stages that refuse a change before anything is deployed."""

from collections.abc import Callable
from itertools import pairwise
from typing import Any

import pytest

from include.configuration.metadata import connections
from include.delivery import repository
from include.delivery.checks import CheckFailedError
from include.lab.settings import Lab
from tests.lessons import Run

LESSON = "phase11_02_cicd_patterns"
REACHED = ("commit_change", "lint", "test", "validate", "staging.switch")


@pytest.fixture
def running(lab: Lab) -> Callable[[], dict[str, str]]:
    """Asks what each environment runs."""
    address = connections()["delivery"]["host"]
    return lambda: {name: repository.head(address, name) for name in repository.ENVIRONMENTS}


def test_a_broken_change_never_reaches_staging(
    run: Run, running: Callable[[], dict[str, str]], capfd: pytest.CaptureFixture[str]
) -> None:
    """The stage that can know refuses it; nothing after it starts, and no environment moves."""
    before = running()

    result = run(LESSON, {"change": "cycle"})

    assert result.state == "failed"
    assert {name: result.states[name] for name in REACHED} == {
        **dict.fromkeys(("commit_change", "lint", "test"), "success"),
        "validate": "failed",
        "staging.switch": "upstream_failed",
    }
    assert result.states["approve"] == result.states["production.switch"] == "upstream_failed"
    assert "test_no_dag_has_a_cycle" in "".join(capfd.readouterr())
    assert running() == before


@pytest.mark.parametrize(
    ("change", "stage", "said"),
    [
        ("untidy", "lint", "totals.py:4:8: F401"),
        ("wrong_total", "test", "test_a_cancelled_order_earns_nothing"),
    ],
)
def test_the_first_stage_that_can_know_refuses(
    bag: Any, lab: Lab, change: str, stage: str, said: str
) -> None:
    """Its task fails with the name of the rule or test; the stages before it have passed."""
    address = connections()["delivery"]["host"]
    tasks = bag.dags[LESSON].task_dict
    commit = tasks["commit_change"].python_callable(address, {"change": change})

    for passed in REACHED[1 : REACHED.index(stage)]:
        tasks[passed].python_callable(address, commit)
    with pytest.raises(CheckFailedError, match=said):
        tasks[stage].python_callable(address, commit)


def test_nothing_starts_after_a_stage_that_failed(bag: Any) -> None:
    """Each stage waits for the one before it to succeed, up to the branch that moves."""
    tasks = bag.dags[LESSON].task_dict

    for former, stage in pairwise(REACHED):
        assert former in tasks[stage].upstream_task_ids
        assert tasks[stage].trigger_rule == "all_success"
