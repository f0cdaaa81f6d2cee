"""11.02: the stages that refuse a change before anything is deployed."""

from collections.abc import Callable

import pytest

from include.configuration.metadata import connections
from include.delivery import repository
from tests.lessons import Run

LESSON = "phase11_02_cicd_patterns"
REACHED = ("commit_change", "lint", "test", "validate", "staging.switch")


@pytest.fixture
def running(lab) -> Callable[[], dict[str, str]]:
    """Asks what each environment runs."""
    address = connections()["delivery"]["host"]
    return lambda: {name: repository.head(address, name) for name in repository.ENVIRONMENTS}


@pytest.mark.parametrize(
    ("change", "stage"), [("untidy", "lint"), ("wrong_total", "test"), ("cycle", "validate")]
)
def test_a_broken_change_never_reaches_staging(
    run: Run, running: Callable[[], dict[str, str]], change: str, stage: str
) -> None:
    """The stage that can know refuses it; nothing after it starts, and no environment moves."""
    before = running()

    result = run(LESSON, {"change": change})

    assert result.state == "failed"
    place = REACHED.index(stage)
    assert {name: result.states[name] for name in REACHED} == {
        **dict.fromkeys(REACHED[:place], "success"),
        stage: "failed",
        **dict.fromkeys(REACHED[place + 1 :], "upstream_failed"),
    }
    assert result.states["approve"] == result.states["production.switch"] == "upstream_failed"
    assert running() == before
