"""`phase3_03_sensors`: three ways to wait for a file, and one that gives up."""

from datetime import timedelta
from typing import Any

import pytest

from include.data import seeds
from include.lab.settings import Lab
from include.retail.deliveries import parse_delivery
from tests.lessons import Result, Run

DAG = "phase3_03_sensors"
SOURCE = seeds.DELIVERIES / "2026-01-05" / "wiesel.csv"


@pytest.fixture(scope="module")
def result(run: Run, bag: Any, lab: Lab) -> Result:
    """A run that finds what a former one got; its supplier needs a second, not twelve."""
    old = lab.landing / DAG / SOURCE.name
    old.parent.mkdir(exist_ok=True)
    old.write_text("left by a former run")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(bag.dags[DAG].get_task("drive"), "delta", timedelta(seconds=1))
        return run(DAG)


def test_every_sensor_sees_the_file_and_the_invoice_is_given_up(result: Result, lab: Lab) -> None:
    """The delivered file is the supplier's, and its units are counted."""
    units = sum(line.quantity for line in parse_delivery(SOURCE.read_text(), SOURCE.name))

    assert result.state == "success"
    states = result.states
    assert states.pop("wait_for_invoice") == "skipped"
    assert set(states.values()) == {"success"}
    assert result.returned("wait_between_looks") == units
    folder = lab.landing / DAG
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == {
        SOURCE.name: SOURCE.read_bytes()
    }


def test_a_file_that_never_comes_is_skipped_after_its_timeout(result: Result, bag: Any) -> None:
    """The sensor gives up after its five seconds, not before."""
    invoice = bag.dags[DAG].get_task("wait_for_invoice")
    (ti,) = [ti for ti in result.task_instances if ti.task_id == "wait_for_invoice"]

    assert ti.state == "skipped"
    assert (invoice.timeout, invoice.soft_fail) == (5, True)
    assert ti.start_date + timedelta(seconds=invoice.timeout) <= ti.end_date


def test_what_a_former_run_got_is_removed_before_the_wait(result: Result) -> None:
    """An old file is not taken for the new one: it is gone before a sensor looks."""
    started = [ti.task_id for ti in result.task_instances]

    assert started.index("clear_folder") < min(
        started.index(name) for name in started if name.startswith("wait_")
    )


def test_the_three_ways_to_wait_are_what_the_page_says(bag) -> None:
    """One sensor pokes in its slot, one is rescheduled, one is deferred; all have a timeout."""
    tasks = bag.dags[DAG].task_dict
    assert tasks["wait_in_slot"].mode == "poke"
    assert tasks["wait_between_looks"].mode == "reschedule"
    assert tasks["wait_without_slot"].deferrable
    waits = [task for name, task in tasks.items() if name.startswith("wait_")]
    assert [task.timeout for task in waits if task.task_id != "wait_for_invoice"] == [120] * 3
