"""The checks that a project has to pass, each run as a process of its own in the project's folder.

A process of its own: the project's code and its Airflow are not those of whoever checks it.
"""

import json
import os
import subprocess
import sys
import xml.etree.ElementTree as ET
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

LINTERS = (("check", "--quiet", "--output-format=concise"), ("format", "--quiet", "--check"))
SUITES = ("unit", "structure", "whole")
SECONDS = 600
KEPT = ("PATH", "HOME", "LANG", "LC_ALL", "TMPDIR", "NO_PROXY", "no_proxy")
SETTINGS = {
    "AIRFLOW__DAG_FACTORY__ENABLE_TELEMETRY": "False",
    "AIRFLOW__OPENLINEAGE__DISABLED": "True",
    "PYTHONDONTWRITEBYTECODE": "1",
}


class CheckFailedError(Exception):
    """The project did not pass; the message says what is wrong with it, and where."""


class Outcome(NamedTuple):
    """One test: its name, as pytest's own `file::test`, and why it failed, if it did."""

    test: str
    state: str
    """`passed`, `failed` or `skipped`."""
    reason: str = ""


class Report(NamedTuple):
    """What a suite of tests said: each test, and of each file its lines and those not run."""

    suite: str
    outcomes: list[Outcome]
    lines: dict[str, list[int]]
    missing: dict[str, list[int]]

    @property
    def failed(self) -> list[str]:
        """The names of the tests that failed."""
        return [f"{one.test}: {one.reason}" for one in self.outcomes if one.state == "failed"]

    @classmethod
    def of(cls, facts: Sequence[Any]) -> "Report":
        """A report that has been through JSON."""
        suite, outcomes, lines, missing = facts
        return cls(suite, [Outcome(*one) for one in outcomes], lines, missing)


def lint(project: Path) -> None:
    """Check how the code reads, and its form, with ruff.

    Raises:
        CheckFailedError: ruff complains; the message names file, line and rule.
    """
    for arguments in LINTERS:
        done = _run(project, "ruff", arguments[0], "--no-cache", *arguments[1:], ".")
        if done.returncode:
            said = done.stdout.strip() or done.stderr.strip()
            raise CheckFailedError(f"ruff {arguments[0]}:\n{said}")


def run_tests(
    project: Path, suite: str, connections: Mapping[str, str] | None = None, coverage: float = 0
) -> Report:
    """Run one suite of tests and report; failing tests are part of the report.

    Args:
        project: the project's folder.
        suite: the folder below `tests/`.
        connections: the URI of each Airflow connection that the tests may use, by its id.
        coverage: the share of lines, in percent, that must have run.

    Raises:
        CheckFailedError: pytest could not run, or less than `coverage` was covered.
    """
    if suite not in SUITES:
        raise CheckFailedError(f"suite: {suite!r} is none of {', '.join(SUITES)}.")
    junit, covered = project / f"junit-{suite}.xml", project / f"coverage-{suite}.json"
    done = _run(
        project,
        *("pytest", "-p", "no:cacheprovider", f"tests/{suite}", f"--junit-xml={junit}"),
        *("--cov", "--cov-report", f"json:{covered}"),
        **{f"AIRFLOW_CONN_{name.upper()}": uri for name, uri in (connections or {}).items()},
        COVERAGE_FILE=str(project / f".coverage-{suite}"),
    )
    # 0: all passed, 1: some failed; anything else is no test result.
    if done.returncode not in (0, 1) or not covered.exists():
        raise CheckFailedError(f"pytest could not run tests/{suite}:\n{done.stdout}{done.stderr}")
    facts = json.loads(covered.read_text())
    if facts["totals"]["percent_covered"] < coverage:
        is_, files = facts["totals"]["percent_covered"], facts["files"]
        gaps = {name: file["missing_lines"] for name, file in files.items()}
        raise CheckFailedError(f"coverage: {is_:.0f} % is below {coverage:.0f} %; missing: {gaps}")
    files = {n: f for n, f in sorted(facts["files"].items()) if f["summary"]["num_statements"]}
    lines = {n: sorted(f["executed_lines"] + f["missing_lines"]) for n, f in files.items()}
    missing = {n: f["missing_lines"] for n, f in files.items()}
    return Report(suite, _outcomes(junit.read_text()), lines, missing)


def require_passed(*reports: Report) -> None:
    """Let only a project go on whose tests all passed.

    Raises:
        CheckFailedError: some failed; the message has their names and reasons.
    """
    failed = [name for report in reports for name in report.failed]
    total = sum(len(report.outcomes) for report in reports)
    if failed:
        raise CheckFailedError("\n".join((f"{len(failed)} of {total} tests failed:", *failed)))


def _outcomes(junit: str) -> list[Outcome]:
    """Every test of a report in JUnit's form."""
    outcomes = []
    for case in ET.fromstring(junit).iter("testcase"):
        file = case.attrib["classname"].replace(".", "/") + ".py"
        name = f"{file}::{case.attrib['name']}"
        for kind in ("failure", "error", "skipped"):
            if (found := case.find(kind)) is not None:
                state = "skipped" if kind == "skipped" else "failed"
                said = found.attrib["message"].splitlines()
                outcomes.append(Outcome(name, state, said[0] if said else kind))
                break
        else:
            outcomes.append(Outcome(name, "passed"))
    return outcomes


def _run(
    project: Path, tool: str, *arguments: str, **more: str
) -> subprocess.CompletedProcess[str]:
    """Run a tool of this Python in the project, which then knows nothing of this Airflow."""
    environment = {key: os.environ[key] for key in KEPT if key in os.environ}
    try:
        return subprocess.run(
            [sys.executable, "-m", tool, *arguments],
            cwd=project,
            env={**environment, **SETTINGS, **more},
            capture_output=True,
            text=True,
            timeout=SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise CheckFailedError(f"{tool} did not end within {SECONDS} s") from error
