"""What holds for every lesson: its page, its size, its names, its team, its tags, its form.

Limits are on what a reader has to take in at once. Who needs more has logic that belongs into
`include/` or `plugins/`.
"""

import ast
import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from include.alerting import routes
from include.curriculum.syllabus import Lesson
from tests.bench.parsing import ROOT
from tests.contract.conftest import BUILT

HEADINGS = ["What you will learn", "Run it", "Why it is written this way", "Next"]
PAGE_LINES, CODE_LINES = 60, 130
TASKS = range(3, 9)
RESCHEDULED = 5
TRAINING = [
    "phase6_01_mlflow_integration",
    "phase6_02_complete_ml_pipeline",
    "phase18_03_auto_retraining",
]
MLFLOW_STARTS = timedelta(seconds=30)
DECLARES = {"dag", "task_group"}
CLOCKS = {"now", "today", "utcnow", "tomorrow", "yesterday", "days_ago"}


@pytest.fixture
def tree(lesson: Lesson) -> ast.Module:
    """The lesson's syntax tree."""
    return ast.parse((ROOT / lesson.file).read_text())


@pytest.fixture
def dag(bag: Any, lesson: Lesson) -> Any:
    """The lesson's own Dag."""
    return bag.dags[lesson.id]


def test_the_folder_holds_the_lessons_and_nothing_else(bag: Any):
    """Airflow finds exactly the Dags of the lessons that are ready."""
    assert bag.import_errors == {}
    assert {dag_id.partition("__")[0] for dag_id in bag.dags} == {lesson.id for lesson in BUILT}


def test_its_page_is_its_docstring(dag: Any, tree: ast.Module):
    """What stands above the code is what Airflow shows, under the four headings."""
    assert dag.doc_md.strip() == ast.get_docstring(tree, clean=False).strip()
    assert re.findall(r"^## (.+)$", dag.doc_md, re.MULTILINE) == HEADINGS


def test_its_names_are_those_of_the_syllabus(dag: Any, lesson: Lesson):
    """The list of Dags shows number and title, in the order of the course, and the promise."""
    assert (dag.dag_display_name, dag.description) == (lesson.display_name, lesson.promise)


def test_a_team_of_the_shop_answers_for_it(dag: Any, teams: set[str]):
    """All of its tasks have one owner; it is the team that its tag names, if it has such a tag."""
    (owner,) = {task.owner for task in dag.tasks}
    assert owner in teams
    assert {tag for tag in dag.tags if tag.startswith(routes.TAG)} <= {f"{routes.TAG}{owner}"}


def test_its_tags_are_those_of_the_syllabus(dag: Any, lesson: Lesson):
    """Phase, level and services: by them a lesson is found in the list; and its team, if any."""
    assert {tag for tag in dag.tags if not tag.startswith("team:")} == set(lesson.tags)


def test_its_sensors_leave_the_scheduler_time(dag: Any):
    """One that gives its slot back between two looks waits at least five seconds.

    An executor tells of the end of a look up to two seconds later. If the next look is queued by
    then, Airflow takes the news for the end of that one, and the sensor fails.
    """
    hasty = {
        one.task_id: one.poke_interval
        for one in dag.tasks
        if getattr(one, "mode", "") == "reschedule" and one.poke_interval < RESCHEDULED
    }
    assert hasty == {}


def test_its_deferred_sensors_try_again(dag: Any):
    """What a sensor waits for may be there at once; then the same news comes too late for it."""
    deferred = [one for one in dag.tasks if hasattr(one, "poke") and getattr(one, "deferrable", 0)]
    assert [one.task_id for one in deferred if not one.retries] == []


@pytest.mark.parametrize("lesson_id", TRAINING)
def test_a_trainings_tries_outlast_a_restart_of_mlflow(bag: Any, lesson_id: str):
    """It takes 15 seconds, the longest of all services; on a busy machine twice that."""
    tried = [one for one in bag.dags[lesson_id].tasks if one.retries]
    assert tried
    hasty = [one.task_id for one in tried if one.retries * one.retry_delay < MLFLOW_STARTS]
    assert hasty == []


def test_its_page_and_its_code_are_short(lesson: Lesson, tree: ast.Module):
    """The docstring has at most 60 lines, and what stands below it at most 130."""
    page = tree.body[0].end_lineno or 0
    assert page <= PAGE_LINES
    assert len((ROOT / lesson.file).read_text().splitlines()) - page <= CODE_LINES


def test_it_has_few_tasks(dag: Any):
    """From three tasks on, and at most eight boxes in the graph, where a group is one."""
    assert len(dag.tasks) >= TASKS.start
    assert len(dag.task_group.children) < TASKS.stop


def test_its_form_refuses_what_makes_no_sense(dag: Any):
    """Every parameter has a type; a number has both bounds, a text says what it may be."""
    wrong = {
        name: schema
        for name in dag.params
        if not is_bounded(schema := dag.params.get_param(name).schema)
    }
    assert wrong == {}


def test_it_does_not_start_by_the_clock(tree: ast.Module):
    """No date in it moves: the Dag is the same whenever the file is read."""
    moving = [
        node.lineno
        for node in declarations(tree)
        if isinstance(node, ast.Call)
        and getattr(node.func, "attr", getattr(node.func, "id", "")) in CLOCKS
    ]
    assert moving == []


@pytest.mark.parametrize(
    ("schema", "holds"),
    [
        ({"type": "boolean"}, True),
        ({"enum": ["a", "b"]}, True),
        ({"type": "integer", "minimum": 1, "maximum": 5}, True),
        ({"type": ["null", "string"], "format": "date"}, True),
        ({"type": "string", "maxLength": 20}, True),
        ({}, False),
        ({"type": "string"}, False),
        ({"type": "number", "minimum": 1}, False),
        ({"type": ["null", "integer"], "maximum": 1}, False),
    ],
)
def test_what_a_form_has_to_say(schema: dict[str, Any], holds: bool):
    """A form field without bounds is told from one with them."""
    assert is_bounded(schema) is holds


def is_bounded(schema: dict[str, Any]) -> bool:
    """Whether the schema refuses what makes no sense."""
    if "enum" in schema:
        return True
    kinds = schema.get("type", [])
    kinds = {kinds} if isinstance(kinds, str) else set(kinds)
    if kinds & {"number", "integer"} and not {"minimum", "maximum"} <= schema.keys():
        return False
    if "string" in kinds and not {"pattern", "format", "maxLength"} & schema.keys():
        return False
    return bool(kinds)


def declares(node: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    """Whether the function is decorated as a Dag or a group of tasks."""
    names = [one.func if isinstance(one, ast.Call) else one for one in node.decorator_list]
    return any(getattr(name, "id", "") in DECLARES for name in names)


def declarations(tree: ast.AST) -> Iterator[ast.AST]:
    """Every node that runs when the file is read: not what stands inside a task."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.Lambda):
            continue
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and not declares(node):
            continue
        yield node
        yield from declarations(node)
