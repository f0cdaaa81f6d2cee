import textwrap
from pathlib import Path

import pytest

from include.curriculum import pages
from include.curriculum.lesson_file import PageError
from include.curriculum.syllabus import ROOT, Syllabus, load
from tests.include.curriculum.conftest import LESSON

LESSON_FILE = "dags/phase1/02_wait.py"
FIRST, SECOND = "docs/phases/phase01.md", "docs/phases/phase02.md"
EVERY_COPY = [LESSON_FILE, pages.README, FIRST, SECOND, pages.INDEX, pages.GLOSSARY]


@pytest.fixture
def syllabus(small_root: Path) -> Syllabus:
    return load(small_root / "configs" / "curriculum.toml")


def test_the_table_of_the_readme(syllabus, small_root):
    """README lists every lesson, links the ready ones and counts them."""
    assert pages.lessons_table(syllabus, small_root) == textwrap.dedent(
        """\
        1 of 3 lessons are ready.

        ### Phase 1 · First & foremost (Beginner)

        |  | Lesson | What you will have seen | Minutes | State |
        | --- | --- | --- | --- | --- |
        | 1.01 | Start | It starts. | 5 | planned |
        | 1.02 | [Wait](dags/phase1/02_wait.py) | It waits. | 10 | ready |

        ### Phase 2 · Second (Enterprise A & B)

        |  | Lesson | What you will have seen | Minutes | State |
        | --- | --- | --- | --- | --- |
        | 2.01 | End | It ends. | 15 | planned |"""
    )


def test_the_prose_of_the_readme_is_kept(syllabus, small_root):
    """Only what stands between the two marks is written."""
    readme = small_root / "README.md"
    readme.write_text(f"Before\n{pages.START}\nold\n{pages.END}\nAfter\n", encoding="utf-8")

    pages.sync(syllabus, small_root)

    text = readme.read_text(encoding="utf-8")
    assert text.startswith(f"Before\n{pages.START}\n\n1 of 3 lessons are ready.\n")
    assert text.endswith(f"| 2.01 | End | It ends. | 15 | planned |\n\n{pages.END}\nAfter\n")


@pytest.mark.parametrize(
    "part",
    [
        "<!-- Written by `make sync` from configs/curriculum.toml: change it there. -->\n\n# ",
        "3 Dags in 2 phases. 1 of 3 lessons are ready.",
        "| 1 | [First & foremost](#phase-1-first--foremost) | 2 | Starting | Beginner | 1 of 2 |",
        "## Phase 1: First & foremost\n\n**Objective:** Know how to start. [More on this ",
        "| [`phase1_02_wait`](phase1/02_wait.py) | It waits. | `postgres`, `object_store` | 10 |",
        "| `phase2_01_end` | It ends. | `kafka` | 15 | planned |",
        "- Starting a | or b (1.01)\n- Waiting ([1.02](phase1/02_wait.py))\n",
        "| 2 | `scipy` | `kafka` |",
        "├── phase1/  # First & foremost\n│   ├── 01_start.py  # planned\n│   └── 02_wait.py\n",
        "└── phase2/  # Second\n    ├── 01_end.py  # planned\n    └── configs/end.yaml  # pl",
        "1. **Beginner** (phase 1, 15 minutes): Begin.\n2. **Enterprise A & B** (phase 2, 15 min",
        "### Core\n\n- [ ] It can end ([1.02](phase1/02_wait.py), 2.01)\n",
    ],
)
def test_the_index_of_the_curriculum(syllabus, small_root, part):
    """The index holds overview, phases, concepts, prerequisites, tree, path and checklist."""
    assert part in pages.index(syllabus, small_root)


def test_the_page_of_a_phase(syllabus, small_root):
    """It holds the objective, the lessons in order, and a sentence on each concept."""
    assert pages.phase_text(syllabus.phases[0], small_root) == textwrap.dedent(
        """\
        # Phase 1: First & foremost

        Know how to start.

        **Level** Beginner · **Time** 15 minutes · **Services** `postgres`, `object_store`

        ## Lessons, in this order

        |  | Lesson | What you will have seen |
        | --- | --- | --- |
        | 1.01 | Start | It starts. |
        | 1.02 | [Wait](../../dags/phase1/02_wait.py) | It waits. |

        ## Concepts, each with the lesson that shows it

        - **Starting a | or b** (1.01). It begins.
        - **Waiting** ([1.02](../../dags/phase1/02_wait.py)). It takes time."""
    )


def test_what_is_written_by_hand_on_a_page_is_kept(syllabus, small_root):
    """A new page has its headings, and what stands below them stays."""
    pages.sync(syllabus, small_root)
    page = small_root / FIRST
    heading = f"## {pages.LOOK_AT}\n"
    page.write_text(page.read_text().replace(heading, f"{heading}\n- The end.\n"))

    assert pages.sync(syllabus, small_root) == []
    assert f"{heading}\n- The end.\n\n## {pages.IN_PRODUCTION}" in page.read_text()


@pytest.mark.parametrize("phase", load().phases, ids=lambda phase: phase.title)
@pytest.mark.parametrize("heading", [pages.LOOK_AT, pages.IN_PRODUCTION])
def test_each_page_says_what_no_syllabus_can(phase, heading):
    """At least two points below each heading, and no code: that stands in tested files."""
    _, _, below = (ROOT / pages.page(phase)).read_text().partition(f"## {heading}\n")

    assert below.partition("\n## ")[0].count("\n- ") >= 2
    assert "```" not in below


def test_the_learning_path_names_the_span_of_phases():
    """A level of several phases says from which to which."""
    assert "2. **Intermediate** (phases 5 to 6, " in pages.index(load(), ROOT)


def test_the_glossary_is_sorted_and_says_who_introduces_a_term(syllabus, small_root):
    """Terms stand in the order of the alphabet, with former names and their lessons."""
    page = pages.glossary(syllabus, small_root)

    assert page.startswith("<!-- Written by `make sync`")
    assert page.splitlines()[-2:] == [
        "| **asset** | What is there. | Dataset | [1.02](../dags/phase1/02_wait.py), 2.01 |",
        "| **Dag** | What runs. |  | 1.01, [1.02](../dags/phase1/02_wait.py) |",
    ]


def test_a_bar_in_a_cell_does_not_break_the_table(syllabus, small_root):
    """A vertical bar in prose is written so that it stays inside its cell."""
    lesson = syllabus.phases[1].lessons[0].model_copy(update={"promise": "a | b"})
    phase = syllabus.phases[1].model_copy(update={"lessons": (lesson,)})
    changed = syllabus.model_copy(update={"phases": (phase,)})

    assert r"| a \| b |" in pages.lessons_table(changed, small_root)


def test_sync_writes_all_copies_once(syllabus, small_root):
    """The first run writes everything, the second finds nothing to do."""
    assert pages.sync(syllabus, small_root) == EVERY_COPY
    assert pages.differing(syllabus, small_root) == []
    assert pages.sync(syllabus, small_root) == []


@pytest.mark.parametrize("path", EVERY_COPY)
def test_a_copy_that_says_something_else_is_noticed(syllabus, small_root, path):
    """A single changed number in any of the copies is found, and mended."""
    pages.sync(syllabus, small_root)
    file = small_root / path
    right = file.read_text(encoding="utf-8")
    file.write_text(right.replace("0", "7", 1), encoding="utf-8")

    assert pages.differing(syllabus, small_root) == [path]
    assert pages.sync(syllabus, small_root) == [path]
    assert file.read_text(encoding="utf-8") == right


@pytest.mark.parametrize("path", EVERY_COPY[1:])
def test_a_copy_that_is_missing_is_noticed(syllabus, small_root, path):
    """A deleted page differs too."""
    pages.sync(syllabus, small_root)
    (small_root / path).unlink()

    assert pages.differing(syllabus, small_root) == [path]


def test_a_new_lesson_makes_the_pages_differ(syllabus, small_root):
    """When a lesson's file appears, the pages that count and link it are out of date."""
    pages.sync(syllabus, small_root)
    new = small_root / "dags" / "phase1" / "01_start.py"
    new.write_text(LESSON.replace("02_wait", "01_start"), encoding="utf-8")

    others = [path for path in EVERY_COPY[1:] if path != SECOND]
    assert pages.differing(syllabus, small_root) == ["dags/phase1/01_start.py", *others]


def test_nothing_is_written_while_one_place_is_missing(syllabus, small_root):
    """All files without a place are named together, and no other file is touched."""
    (small_root / LESSON_FILE).write_text("VALUE = 1\n", encoding="utf-8")
    (small_root / "README.md").write_text("Only prose.\n", encoding="utf-8")

    with pytest.raises(PageError) as caught:
        pages.sync(syllabus, small_root)

    assert [line.split(":")[0] for line in str(caught.value).splitlines()] == EVERY_COPY[:2]
    assert not (small_root / pages.INDEX).exists()


def test_the_copies_in_this_checkout_are_up_to_date():
    """Every written copy says what configs/curriculum.toml says; if not, run `make sync`."""
    assert pages.differing(load(), ROOT) == []
