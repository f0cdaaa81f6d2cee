"""`phase1_01_hello_airflow`: three tasks, strictly one after another."""

from airflow import __version__

from tests.lessons import Run


def test_greets_between_opening_and_closing(run: Run) -> None:
    """Each task starts after the former has ended, and `greet` returns Airflow's version."""
    result = run("phase1_01_hello_airflow")

    assert result.state == "success"
    assert list(result.states) == ["open_shop", "greet", "close_shop"]
    opened, greeted, closed = result.task_instances
    assert opened.end_date <= greeted.start_date
    assert greeted.end_date <= closed.start_date
    assert result.returned("greet") == __version__
