"""The checks of a project, each on the project itself and on a change that it refuses."""

import xml.etree.ElementTree as ET

import pytest

from include.delivery import checks, report, repository
from include.delivery.checks import CheckFailedError, Outcome, Report
from tests.include.delivery.conftest import PHASE

CAUGHT_BY = {
    "untidy": ("lint", "totals.py:4:8: F401"),
    "import_error": ("structure", "test_every_file_loads"),
}
"""The check that refuses a change, and what it says; the lessons' tests prove the other changes."""


def refusals(address: str, change: str) -> list[tuple[str, str]]:
    """The check that refuses a change, with what it says; none if it passes."""
    commit = repository.propose(address, PHASE, change, "proposed")
    with repository.checkout(address, commit) as project:
        for name, check in (
            ("lint", lambda: checks.lint(project)),
            ("unit", lambda: checks.require_passed(checks.run_tests(project, "unit"))),
            ("structure", lambda: checks.require_passed(checks.run_tests(project, "structure"))),
        ):
            try:
                check()
            except CheckFailedError as error:
                return [(name, str(error))]
    return []


@pytest.mark.slow
@pytest.mark.parametrize("change", CAUGHT_BY)
def test_each_change_is_caught_where_its_name_says(address: str, change: str) -> None:
    """By the cheapest check that can know, with the name of the rule or test."""
    by, said = CAUGHT_BY[change]

    found = refusals(address, change)

    assert [name for name, _ in found] == [by]
    assert all(said in message for _, message in found)


@pytest.mark.parametrize("change", [file.stem for file in (PHASE / "changes").iterdir()])
def test_every_change_fits_the_project(address: str, change: str) -> None:
    """A patch that is older than the project would teach nothing."""
    assert repository.propose(address, PHASE, change, "proposed")


def test_too_little_coverage_is_refused(address: str) -> None:
    """With the share that is there, and the lines that no test ran."""
    commit = repository.propose(address, PHASE, "none", "proposed")
    with (
        repository.checkout(address, commit) as project,
        pytest.raises(CheckFailedError, match=r"coverage: \d+ % is below 99 %; missing: .*report"),
    ):
        checks.run_tests(project, "unit", coverage=99)


def test_a_suite_that_is_not_there_is_named(tmp_path) -> None:
    """And so is a project that pytest cannot test."""
    with pytest.raises(CheckFailedError, match="suite: 'all' is none of unit, structure, whole"):
        checks.run_tests(tmp_path, "all")
    with pytest.raises(CheckFailedError, match="pytest could not run tests/unit"):
        checks.run_tests(tmp_path, "unit")


@pytest.mark.slow
def test_a_tool_that_does_not_end_is_ended(tmp_path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A check must not hold its worker for ever."""
    (tmp_path / "tests" / "unit").mkdir(parents=True)
    wait = "import threading\n\ndef test_it():\n    threading.Event().wait(60)\n"
    (tmp_path / "tests" / "unit" / "test_slow.py").write_text(wait)
    monkeypatch.setattr(checks, "SECONDS", 2)

    with pytest.raises(CheckFailedError, match="pytest did not end within 2 s"):
        checks.run_tests(tmp_path, "unit")


UNIT = Report(
    "unit",
    [Outcome("tests/unit/test_a.py::test_one", "passed"), Outcome("t.py::x", "skipped", "no <db>")],
    {"dags/a.py": [1, 2, 3, 4]},
    {"dags/a.py": [3, 4]},
)
WHOLE = Report(
    "whole",
    [Outcome("tests/whole/test_b.py::test_two", "failed", "assert 1 == 2")],
    {"dags/a.py": [1, 2, 3, 4], "dags/b.py": [1]},
    {"dags/a.py": [2, 4], "dags/b.py": []},
)


def test_a_line_is_covered_if_any_suite_ran_it() -> None:
    """And a file counts from the suite that first loads it."""
    assert report.coverage([UNIT, WHOLE]) == [
        ("dags/a.py", 75.0, [4]),
        ("dags/b.py", 100.0, []),
    ]


def test_the_report_says_the_same_in_both_forms() -> None:
    """Each test with its state and reason, for people and for machines, and no time."""
    pages = report.pages("Tests", [UNIT, WHOLE])

    html = pages["index.html"].decode()
    assert "3 tests, 1 failed" in html
    assert "no &lt;db&gt;" in html
    root = ET.fromstring(pages["junit.xml"])
    assert [(s.attrib["tests"], s.attrib["failures"], s.attrib["skipped"]) for s in root] == [
        ("2", "0", "1"),
        ("1", "1", "0"),
    ]
    failure = root.find(".//testcase[@name='test_two']/failure")
    assert failure is not None
    assert failure.attrib == {"message": "assert 1 == 2"}


def test_a_report_survives_json() -> None:
    """As it goes from task to task."""
    assert Report.of(["unit", [["a::b", "passed", ""]], {}, {}]).outcomes == [
        Outcome("a::b", "passed")
    ]


def test_failed_tests_are_told_by_name() -> None:
    """With how many there are."""
    with pytest.raises(
        CheckFailedError, match=r"1 of 3 tests failed:\ntests/whole/.*assert 1 == 2"
    ):
        checks.require_passed(UNIT, WHOLE)
    checks.require_passed(UNIT)
