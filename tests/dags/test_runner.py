"""The tests' own way to run a lesson."""

from tests.lessons import Run


def test_conf_of_one_run_does_not_reach_the_next(run: Run, bag) -> None:
    """A lesson that was run with a configuration has its defaults again afterwards."""
    lesson = "phase3_01_bash_operator"
    # A day without a delivery: one task runs, and skips the others.
    assert run(lesson, conf={"day": "2026-02-01"}).states["find_delivery"] == "skipped"
    dag = bag.dags[lesson]

    found = [owner.params.dump() for owner in (dag, *dag.tasks)]

    assert found == [{"day": "2026-01-05"}] * (1 + len(dag.tasks))
