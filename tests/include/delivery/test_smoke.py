"""The smoke test of a deployment, on the lab's Airflow."""

import pytest

from include.delivery import smoke
from include.delivery.smoke import SmokeTestFailedError
from include.lab.airflow_settings import ADMIN
from include.lab.settings import Lab

FIRST = "phase1_01_hello_airflow"


@pytest.mark.airflow
def test_a_working_airflow_passes(lab: Lab, capsys: pytest.CaptureFixture[str]) -> None:
    """The environment names it, else it is the lab; and a lesson, else it is the first."""
    place = {"LAB_HOME": str(lab.home), "LAB_PORT_BASE": str(lab.port_base)}
    assert smoke.main(place) == 0
    assert smoke.main({**place, "LESSON": "phase1_02_parallel_tasks"}) == 0
    first, second = capsys.readouterr().out.splitlines()
    assert first.startswith(f"{FIRST} ")
    assert second.startswith("phase1_02_parallel_tasks ")
    assert second.endswith(f"succeeded at {lab.url('airflow')}")


@pytest.mark.airflow
@pytest.mark.parametrize(
    ("password", "said"), [("wrong", "401"), (ADMIN[1], "is still (queued|running) after 0 s")]
)
def test_what_is_wrong_is_told(lab: Lab, password: str, said: str) -> None:
    """A login that is refused, a run that does not end in time."""
    with pytest.raises(SmokeTestFailedError, match=said):
        smoke.smoke_test(lab.url("airflow"), ADMIN[0], password, FIRST, seconds=0)


def test_an_airflow_that_is_not_there_fails(capsys: pytest.CaptureFixture[str]) -> None:
    """With its address and a code that stops a pipeline."""
    assert smoke.main({"AIRFLOW_URL": "http://127.0.0.1:9"}) == 1
    assert "AIRFLOW_URL=http://127.0.0.1:9" in capsys.readouterr().err


def test_a_lesson_that_is_none_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    """Before anybody is asked."""
    assert smoke.main({"AIRFLOW_URL": "http://127.0.0.1:9", "LESSON": "phase1_09"}) == 1
    assert capsys.readouterr().err == "LESSON=phase1_09 is no lesson: README.md lists them.\n"
