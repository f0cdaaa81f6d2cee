"""The smoke test of a deployment, on the lab's Airflow."""

import pytest

from include.delivery import smoke
from include.delivery.smoke import SmokeTestFailedError
from include.lab.airflow_settings import ADMIN
from include.lab.settings import Lab


@pytest.mark.airflow
def test_a_working_airflow_passes(lab: Lab, capsys: pytest.CaptureFixture[str]) -> None:
    """It is found by the environment, or it is the lab."""
    assert smoke.main({"LAB_HOME": str(lab.home), "LAB_PORT_BASE": str(lab.port_base)}) == 0
    assert f"succeeded at {lab.url('airflow')}" in capsys.readouterr().out


@pytest.mark.airflow
@pytest.mark.parametrize(
    ("password", "said"), [("wrong", "401"), (ADMIN[1], "is still (queued|running) after 0 s")]
)
def test_what_is_wrong_is_told(lab: Lab, password: str, said: str) -> None:
    """A login that is refused, a run that does not end in time."""
    with pytest.raises(SmokeTestFailedError, match=said):
        smoke.smoke_test(lab.url("airflow"), ADMIN[0], password, seconds=0)


def test_an_airflow_that_is_not_there_fails(capsys: pytest.CaptureFixture[str]) -> None:
    """With its address and a code that stops a pipeline."""
    assert smoke.main({"AIRFLOW_URL": "http://127.0.0.1:9"}) == 1
    assert "AIRFLOW_URL=http://127.0.0.1:9" in capsys.readouterr().err
