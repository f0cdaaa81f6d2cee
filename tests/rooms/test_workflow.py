"""The project's own pipeline has the stages that lesson 11.02 teaches, by commands that exist."""

import re
from itertools import chain
from typing import Any

import yaml

from include.curriculum import syllabus
from tests.rooms.sources import ROOT

WORKFLOW = yaml.safe_load((ROOT / ".github/workflows/ci.yml").read_text())
JOBS: dict[str, dict[str, Any]] = WORKFLOW["jobs"]
TARGETS = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))


def commands(job: str) -> list[str]:
    """The make targets that a job calls, in their order."""
    runs = [step["run"] for step in JOBS[job]["steps"] if "run" in step]
    return list(
        chain.from_iterable(re.findall(r"^make ([a-z-]+)", run, re.MULTILINE) for run in runs)
    )


def before(job: str) -> set[str]:
    """Every job that has to end well before this one."""
    needs = JOBS[job].get("needs", [])
    direct = {needs} if isinstance(needs, str) else set(needs)
    return direct.union(*map(before, direct))


def test_each_stage_waits_for_the_ones_before():
    """Lint; whatever proves the commit; staging with its smoke test; production."""
    proofs = {"validate", "test", "chart", "compose", "place"}
    assert all(before(job) == {"lint"} for job in proofs)
    assert before("staging") == {"lint", *proofs}
    assert before("production") == {*before("staging"), "staging"}


def test_a_weakness_of_a_package_holds_nobody_up():
    """It is told as soon as it is known, but nothing waits: the fix may not be out yet."""
    assert before("audit") == set()
    assert not any("audit" in before(job) for job in JOBS)
    assert WORKFLOW[True]["schedule"]


def test_each_step_is_a_make_target():
    """What the pipeline runs, a person runs by the same word."""
    assert {job: commands(job) for job in JOBS} == {
        "lint": ["lint"],
        "validate": ["validate"],
        "test": ["test"],
        "audit": ["audit"],
        "chart": ["chart"],
        "compose": ["test-compose", "image"],
        "place": ["install", "up", "smoke", "smoke", "smoke", "down"],
        "staging": ["deploy", "smoke", "rollback"],
        "production": ["deploy", "smoke", "rollback"],
    }
    assert set(chain.from_iterable(map(commands, JOBS))) <= TARGETS


def test_the_compose_stack_is_started_as_the_readme_says():
    """Its three commands, and no other preparation."""
    start = next(step["run"] for step in JOBS["compose"]["steps"] if "run" in step)
    assert start.splitlines() == [
        "cd docker_compose",
        'echo "AIRFLOW_UID=$(id -u)" > .env',
        "docker compose up -d",
    ]
    readme = (ROOT / "README.md").read_text()
    assert all(command in readme for command in start.splitlines())


def test_the_lab_runs_from_a_path_of_any_name():
    """With a space and another script's letters; what runs there are lessons that exist."""
    steps = JOBS["place"]["steps"]
    path = next(step["with"]["path"] for step in steps if "checkout" in step.get("uses", ""))
    assert " " in path
    assert not path.isascii()
    assert JOBS["place"]["defaults"]["run"]["working-directory"] == path
    text = "\n".join(step.get("run", "") for step in steps)
    lessons = re.findall(r"^make smoke LESSON=(\w+)$", text, re.MULTILINE)
    assert len(lessons) == 3
    assert set(lessons) <= {lesson.id for lesson in syllabus.load().lessons}


def test_every_python_that_is_promised_is_tested():
    """From the project's own range."""
    promised = re.search(
        r'requires-python = ">=3\.(\d+),<3\.(\d+)"', (ROOT / "pyproject.toml").read_text()
    )
    assert promised
    first, end = map(int, promised.groups())
    assert JOBS["test"]["strategy"]["matrix"]["python"] == [f"3.{n}" for n in range(first, end)]


def test_what_deploys_asks_a_person():
    """Production is an environment, whose reviewers approve; nothing is deployed from a fork."""
    assert JOBS["production"]["environment"] == "production"
    assert "vars.DEPLOY" in JOBS["staging"]["if"]
    assert WORKFLOW["permissions"] == {"contents": "read"}
