"""What no file of the project says or does, found in its syntax and not by chance of spelling."""

import ast
import re
from collections.abc import Iterator

import pytest

from tests.rooms.sources import ROOT, Source, called, sources

OTHERS = {
    ".git",
    ".venv",
    ".lab",
    ".uv",
    "__pycache__",
    "node_modules",
    "htmlcov",
    "reports",
    ".coverage",
}
PLACE = re.compile(r"(?<![\w.}$/-])/(?:work|Users|home/(?!airflow/)\w+)/\w+")
"""A folder of somebody's own machine; `/home/airflow` is the home of Airflow's Docker image."""


def calls(source: Source) -> Iterator[str]:
    return (called(node) for node in source.nodes if isinstance(node, ast.Call))


@pytest.mark.parametrize("word", ["print", "sleep", "time.sleep", "input", "exec", "eval"])
def test_lessons_and_plugins_do_not_call(word: str):
    """They report by logging, wait by sensors and compute by code that has a name."""
    found = [s.path for s in sources("dags", "plugins") if word in calls(s)]
    assert not found


def test_chance_is_seeded():
    """No result is random: the one way to chance is `random.Random(seed)`."""
    found = [
        f"{source.path}:{node.lineno}"
        for source in sources("dags", "plugins", "include")
        for node in source.nodes
        if isinstance(node, ast.Call)
        and called(node).startswith(("random.", "numpy.random.", "np.random."))
        and not (called(node).endswith((".Random", ".default_rng")) and node.args)
    ]
    assert not found


def test_no_error_is_swallowed():
    """Every `except` names what it expects and does something about it."""
    found = [
        f"{source.path}:{node.lineno}"
        for source in sources("dags", "plugins", "include", "tests")
        for node in source.nodes
        if isinstance(node, ast.ExceptHandler)
        and (node.type is None or all(isinstance(line, ast.Pass) for line in node.body))
    ]
    assert not found


def test_a_lesson_silences_no_check():
    """A learner copies lessons: none of them carries an exception from the rules."""
    found = [s.path for s in sources("dags") if re.search(r"#\s*(noqa|type: ignore)", s.text)]
    assert not found


def test_a_skip_gives_its_reason_in_the_log():
    """The line before it logs the same words: the exception's own are in a folded group."""
    skips = [
        (f"{source.path}:{one.lineno}", before, one.exc)
        for source in sources("dags", "plugins", "include")
        for node in source.nodes
        for body in (getattr(node, "body", None), getattr(node, "orelse", None))
        if isinstance(body, list)
        for before, one in zip([None, *body], body, strict=False)
        if isinstance(one, ast.Raise)
        and isinstance(one.exc, ast.Call)
        and called(one.exc) == "AirflowSkipException"
    ]
    silent = [
        place
        for place, before, skip in skips
        if not isinstance(before, ast.Expr)
        or ast.unparse(before) != f"log.info({ast.unparse(skip.args[0])})"
    ]
    assert len(skips) >= 8
    assert silent == []


def test_no_module_is_a_drawer_for_odds_and_ends():
    """A module is named after an idea."""
    drawers = {"utils", "util", "helpers", "common", "misc"}
    found = [
        source.path
        for source in sources("dags", "plugins", "include", "tests")
        if drawers & {part.removesuffix(".py") for part in source.path.split("/")}
    ]
    assert not found


def test_every_test_is_a_sentence():
    """The docstring of a test says what holds, as a sentence."""
    found = [
        f"{source.path}:{node.lineno} {node.name}"
        for source in sources("tests")
        for node in source.nodes
        if isinstance(node, ast.FunctionDef)
        and node.name.startswith("test_")
        and source.path.rpartition("/")[2].startswith("test_")
        and not (ast.get_docstring(node) or "").endswith(".")
    ]
    assert not found


def test_nobody_names_a_place_on_his_own_machine():
    """What stands in the repository is right on every machine."""
    found = [
        f"{path.relative_to(ROOT)}: {place[0]}"
        for path in _files(ROOT)
        if (place := PLACE.search(path.read_bytes().decode("utf-8", "ignore")))
    ]
    assert not found


def _files(folder):
    for path in folder.iterdir():
        if path.is_dir() and path.name not in OTHERS and not path.name.endswith("_cache"):
            yield from _files(path)
        elif path.is_file() and path.name not in OTHERS:
            yield path
