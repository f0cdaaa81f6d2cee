"""The table of containers says what their file, the connections and the lessons say."""

import pytest

from include.curriculum import containers
from include.curriculum.syllabus import ROOT, load


def row(name: str) -> dict[str, str]:
    """The cells of one service's row, by their columns."""
    for cells in containers.rows(load(), ROOT):
        if cells[0].partition(" (")[0].strip("[").partition("]")[0] == name:
            return dict(zip(containers.COLUMNS, cells, strict=True))
    raise AssertionError(f"{name} has no row")


def test_a_service_of_the_lab_leads_to_its_page():
    """With all that who wants to use it has to know."""
    assert (
        row("redis").items()
        >= {
            "service": "[redis](services/redis.md)",
            "port on this machine": "8086",
            "login": "`redis_password`",
            "connections": "`redis`",
        }.items()
    )
    assert int(row("redis")["lessons"]) > 0
    assert row("redis")["image"].startswith("`redis:")


def test_a_service_of_a_profile_says_so():
    """It does not start by itself."""
    assert row("grafana")["service"] == "grafana (profile `observability`)"


def test_a_service_may_have_several_ports_and_none():
    """All of them are listed."""
    assert row("mail")["port on this machine"] == "8085, 8070"
    assert row("airflow-worker")["port on this machine"] == ""


@pytest.mark.parametrize("published", ["8080:8080", "0.0.0.0:${LAB_PORTS:-80}80:8080"])
def test_a_port_of_another_form_is_refused(published: str):
    """It would be open to others, or not be where the page says."""
    with pytest.raises(ValueError, match=r"is not 127\.0\.0\.1:\$\{LAB_PORTS:-80\}NN:PORT"):
        containers._port(published)
