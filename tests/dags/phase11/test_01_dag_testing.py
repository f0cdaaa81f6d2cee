"""11.01: a project's tests, really run."""

import xml.etree.ElementTree as ET

import pytest

from tests.lessons import Run, lake

LESSON = "phase11_01_dag_testing"
PLACE = "phase11/tests/"


def failed(junit: bytes) -> set[str]:
    """The names of the tests that a report calls failed."""
    cases = ET.fromstring(junit).iter("testcase")
    return {case.attrib["name"] for case in cases if case.find("failure") is not None}


@pytest.fixture(scope="module")
def whole() -> dict[str, bytes]:
    """The report of the first run, for the second to be compared with."""
    return {}


@pytest.mark.parametrize("attempt", [1, 2])
def test_every_suite_passes_and_is_reported(run: Run, whole: dict, attempt: int) -> None:
    """Untouched, all tests of all suites pass; again, and the report is the same to the byte."""
    result = run(LESSON)

    assert result.state == "success"
    reports = [result.returned("run_tests", index) for index in range(3)]
    assert [facts[0] for facts in reports] == ["unit", "structure", "whole"]
    assert {one[1] for _, outcomes, *_ in reports for one in outcomes} == {"passed"}
    assert result.returned("require_passed") == sum(len(outcomes) for _, outcomes, *_ in reports)
    files = lake(PLACE)
    assert files.keys() == {"index.html", "junit.xml"}
    assert b"Lines that no test ran" in files["index.html"]
    assert whole.setdefault("files", files) == files


@pytest.mark.parametrize(
    ("change", "test"),
    [
        ("cycle", "test_no_dag_has_a_cycle"),
        (
            "wrong_column",
            "test_the_report_runs_from_its_first_task_to_its_last",
        ),
    ],
)
def test_a_broken_project_fails_with_the_tests_name(run: Run, change: str, test: str) -> None:
    """The report is there, the gate is red, and the test that only reality can fail has failed."""
    result = run(LESSON, {"change": change})

    assert result.state == "failed"
    assert result.states["publish_report"] == "success"
    assert result.states["require_passed"] == "failed"
    assert test in failed(lake(PLACE)["junit.xml"])
