"""The tests' own way to run a lesson."""

from tests.lessons import Run


def test_conf_of_one_run_does_not_reach_the_next(run: Run, bag) -> None:
    """A lesson that was run with a configuration has its defaults again afterwards."""
    lesson = "phase7_02_exception_handling"
    run(lesson, conf={"failures": 0, "since": "2026-03-31"})
    dag = bag.dags[lesson]

    found = [owner.params.dump() for owner in (dag, *dag.tasks)]

    assert found == [{"failures": 2, "since": "2026-05-01"}] * (1 + len(dag.tasks))
