"""11.01: a project's tests, really run."""

import xml.etree.ElementTree as ET

import pytest

from tests.lessons import Result, Run, lake

LESSON = "phase11_01_dag_testing"
PLACE = "phase11/tests/"


def named(junit: bytes) -> set[str]:
    """The names of all tests of a report."""
    return {case.attrib["name"] for case in ET.fromstring(junit).iter("testcase")}


def failed(junit: bytes) -> set[str]:
    """The names of the tests that a report calls failed."""
    cases = ET.fromstring(junit).iter("testcase")
    return {case.attrib["name"] for case in cases if case.find("failure") is not None}


@pytest.fixture(scope="module")
def result(run: Run) -> Result:
    """The project, reading a column that only the real database knows not to be there."""
    return run(LESSON, {"change": "wrong_column"})


def outcomes(result: Result) -> dict[str, dict[str, str]]:
    """How each test of each suite ended."""
    reports = [result.returned("run_tests", index) for index in range(3)]
    return {suite: {name: state for name, state, _ in told} for suite, told, *_ in reports}


def test_what_fakes_agree_with_fails_on_the_real_database(result: Result) -> None:
    """All tests of the other suites pass; the test that only reality can fail has failed."""
    found = outcomes(result)

    assert list(found) == ["unit", "structure", "whole"]
    assert set(found["unit"].values()) == set(found["structure"].values()) == {"passed"}
    ((name, state),) = found["whole"].items()
    assert name.endswith("::test_the_report_runs_from_its_first_task_to_its_last")
    assert state == "failed"


def test_a_failed_gate_leaves_its_report(result: Result) -> None:
    """Every test is in it with the name of what failed, and so is what no test ran."""
    assert result.state == "failed"
    assert result.states["publish_report"] == "success"
    assert result.states["require_passed"] == "failed"
    files = lake(PLACE)
    assert files.keys() == {"index.html", "junit.xml"}
    assert b"Lines that no test ran" in files["index.html"]
    assert failed(files["junit.xml"]) == {"test_the_report_runs_from_its_first_task_to_its_last"}
    told = {name.partition("::")[2] for suite in outcomes(result).values() for name in suite}
    assert named(files["junit.xml"]) == told
