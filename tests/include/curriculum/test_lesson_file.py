"""What the syllabus says in a lesson's own file: the docstring's head, and the Dag's names."""

import ast
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from include.curriculum import lesson_file
from include.curriculum.lesson_file import PageError
from include.curriculum.syllabus import Lesson, Syllabus, load


@pytest.fixture
def syllabus(small_root: Path) -> Syllabus:
    return load(small_root / "configs" / "curriculum.toml")


@pytest.fixture
def wait(syllabus: Syllabus) -> Lesson:
    return syllabus.lesson("phase1_02_wait")


def test_the_head_of_a_lesson(wait):
    """The head holds title, promise and facts; services and lessons stand as code."""
    assert lesson_file.head(wait) == textwrap.dedent(
        """\
        # 1.02 · Wait

        It waits.

        **Level** Beginner · **Time** 10 minutes · **After** `phase1_01_start` · **Services**
        `postgres`, `object_store`"""
    )


def test_a_lesson_without_needs_says_so(syllabus):
    """The first lesson comes after nothing and needs no service."""
    facts = lesson_file.head(syllabus.lessons[0]).splitlines()[-1]

    assert (
        facts == "**Level** Beginner · **Time** 5 minutes · **After** nothing · **Services** none"
    )


def test_the_head_fits_into_the_line_length():
    """The longest head of the real curriculum stays within the linter's 100 columns."""
    heads = ['"""' + lesson_file.head(lesson) for lesson in load().lessons]

    assert max(len(line) for head in heads for line in head.splitlines()) <= 96


@pytest.mark.parametrize("opening", ['"""', 'r"""'])
@pytest.mark.parametrize("old_head", ["", "# Old\n\nOld promise.\n\n"])
def test_only_the_head_is_replaced(wait, opening, old_head):
    """What stands before and after the head stays as it was, to the last character."""
    rest = (
        '## What you will learn\n\nTo wait.\n\n## Next\n"""\n\nVALUE = "## What you will learn"\n'
    )

    source = lesson_file.with_head(f"# A comment\n{opening}{old_head}{rest}", wait)

    assert source == f"# A comment\n{opening}{lesson_file.head(wait)}\n\n{rest}"
    assert "To wait." in (ast.get_docstring(ast.parse(source)) or "")


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("VALUE = 1\n", "dags/phase1/02_wait.py: has no docstring"),
        ("", "dags/phase1/02_wait.py: has no docstring"),
        ('"""Words."""\n\n## What you will learn\n', "has no line `## What you will learn`"),
        ("'''Words.\n\n## What you will learn\n'''\n", "02_wait.py:1: write the docstring"),
        ('"""Words.\n', "02_wait.py:1: is not Python"),
    ],
)
def test_a_lesson_without_a_place_for_its_head_is_named(wait, source, message):
    """A lesson that cannot take its head is an error that names file and remedy."""
    with pytest.raises(PageError) as caught:
        lesson_file.with_head(source, wait)

    assert message in str(caught.value)


CALLS = {
    "a decorator": (
        """
        @dag(
            schedule=None,
            doc_md=__doc__,
        )
        def phase1_02_wait(): ...
        """,
        """
        @dag(
            dag_display_name="01.02 · Wait",
            description="It waits.",
            schedule=None,
            doc_md=__doc__,
        )
        def phase1_02_wait(): ...
        """,
    ),
    "a block with an id": (
        """
        with DAG(
            dag_id="phase1_02_wait",
            doc_md=__doc__,
        ):
            pass
        """,
        """
        with DAG(
            dag_id="phase1_02_wait",
            dag_display_name="01.02 · Wait",
            description="It waits.",
            doc_md=__doc__,
        ):
            pass
        """,
    ),
    "names that are there, and a helper": (
        """
        @dag(dag_display_name="01.02 · Wait: helper", description="Its own", **HELPER)
        def phase1_02_wait__helper(): ...

        with DAG(
            LESSON,
            dag_display_name="Zwölf · Füße",
            description=(
                "Something long, "
                "and old."
            ),
            doc_md=__doc__,
        ):
            pass
        """,
        """
        @dag(dag_display_name="01.02 · Wait: helper", description="Its own", **HELPER)
        def phase1_02_wait__helper(): ...

        with DAG(
            LESSON,
            dag_display_name="01.02 · Wait",
            description="It waits.",
            doc_md=__doc__,
        ):
            pass
        """,
    ),
}


@pytest.mark.parametrize(("before", "after"), CALLS.values(), ids=CALLS)
def test_the_call_that_declares_the_dag_is_given_its_names(wait, before, after):
    """They are replaced or added; the rest of the file stays, to the last character."""
    written = lesson_file.with_names(textwrap.dedent(before), wait)

    assert written == textwrap.dedent(after)
    assert lesson_file.with_names(written, wait) == written


@pytest.mark.parametrize("length", [9, 82, 83, 84, 89, 90, 91, 92, 95, 180, 270])
@pytest.mark.parametrize("ending", [".", '"', "'"])
def test_the_formatter_leaves_the_names_alone(syllabus, wait, length, ending):
    """A description of any length is within 100 columns, and as `ruff format` writes it."""
    promise = ("word " * length)[: length - len(ending)] + ending
    lesson = syllabus.lessons[0].model_copy(update={"promise": promise})
    source = "@dag(\n    doc_md=__doc__,\n)\ndef phase1_01_start():\n    pass\n"

    written = lesson_file.with_names(source, lesson)

    ruff = [sys.executable, "-m", "ruff", "format", "--line-length=100", "-"]
    done = subprocess.run(ruff, input=written, capture_output=True, text=True, check=True)
    assert done.stdout == written
    assert max(map(len, written.splitlines())) <= 100
    (call,) = (node for node in ast.walk(ast.parse(written)) if isinstance(node, ast.Call))
    said = {
        one.arg: one.value.value for one in call.keywords if isinstance(one.value, ast.Constant)
    }
    assert said == {"dag_display_name": "01.01 · Start", "description": promise}


@pytest.mark.parametrize("source", ["VALUE = 1\n", "dag(doc_md=__doc__)\ndag(doc_md=__doc__)\n"])
def test_a_lesson_without_one_dag_of_its_own_is_named(wait, source):
    """None, or two that bear the lesson's page."""
    with pytest.raises(PageError, match=r"02_wait.py: \d calls .* have `doc_md=__doc__`"):
        lesson_file.with_names(source, wait)
