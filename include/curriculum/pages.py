"""What is written in several places is written once, and copied.

The syllabus has five written copies: what it says of each lesson in the lesson's own file, the
lessons' table in README.md, the upper part of each phase's page in `docs/phases`, the index
`dags/airflow_usecases.md` and the glossary. A sixth is the table of containers in `docs/docker.md`.
`sync` writes them, `differing` names those that say something else.
"""

import posixpath
import re
from collections.abc import Iterable
from pathlib import Path

from include.curriculum import containers
from include.curriculum.lesson_file import PageError, written
from include.curriculum.syllabus import Lesson, Phase, Syllabus

README = "README.md"
INDEX = "dags/airflow_usecases.md"
GLOSSARY = "docs/glossary.md"
LOOK_AT, IN_PRODUCTION = "What to look at afterwards", "In production"
"""The headings of what is written by hand on a phase's page."""

START, END = "<!-- syllabus:start -->", "<!-- syllabus:end -->"

_WRITTEN = "<!-- Written by `make sync` from configs/curriculum.toml: change it there. -->"
_NEW_README = f"# Airflow curriculum\n\n{START}\n{END}\n"
_NEW_PAGE = f"{START}\n{END}\n\n## {LOOK_AT}\n\n## {IN_PRODUCTION}\n"

_QUICK_START = """\
```bash
make up          # installs what is missing, starts every service and Airflow
```

Or with Docker:

```bash
cd docker_compose
echo "AIRFLOW_UID=$(id -u)" > .env
docker compose up -d
```

Airflow is then at <http://localhost:8080>; log in as `admin` with the password `admin`.
"""


def copies(syllabus: Syllabus, root: Path) -> dict[str, str]:
    """Return every written copy as it should be: path below `root` to the file's whole text.

    Raises:
        PageError: a lesson's file, README.md or a phase's page lacks the mark that says where the
            copy goes.
    """
    texts: dict[str, str] = {}
    problems: list[str] = []
    for lesson in syllabus.lessons:
        if lesson.built(root):
            try:
                source = (root / lesson.file).read_text(encoding="utf-8")
                texts[lesson.file] = written(source, lesson)
            except PageError as error:
                problems.append(str(error))
    parts = {README: (lessons_table(syllabus, root), _NEW_README)}
    parts |= {page(phase): (phase_text(phase, root), _NEW_PAGE) for phase in syllabus.phases}
    if (root / containers.FILE).exists():
        table = _table(containers.COLUMNS, containers.rows(syllabus, root))
        parts[containers.PAGE] = (table, f"{START}\n{END}\n")
    for path, (part, new) in parts.items():
        try:
            texts[path] = _with_part(path, _text_of(root / path) or new, part)
        except PageError as error:
            problems.append(str(error))
    if problems:
        raise PageError("\n".join(problems))
    texts[INDEX] = index(syllabus, root)
    texts[GLOSSARY] = glossary(syllabus, root)
    return texts


def differing(syllabus: Syllabus, root: Path) -> list[str]:
    """Return the paths, below `root`, of the copies that are missing or say something else."""
    return [path for path, text in copies(syllabus, root).items() if _text_of(root / path) != text]


def sync(syllabus: Syllabus, root: Path) -> list[str]:
    """Write every copy that differs; return their paths below `root`."""
    texts = copies(syllabus, root)
    stale = [path for path, text in texts.items() if _text_of(root / path) != text]
    for path in stale:
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(texts[path], encoding="utf-8")
    return stale


def lessons_table(syllabus: Syllabus, root: Path) -> str:
    """Return README's list of phases and lessons."""
    parts = [_ready(syllabus, root)]
    for phase in syllabus.phases:
        rows = [
            (
                lesson.number,
                _link(lesson, lesson.title, root, README),
                lesson.promise,
                str(lesson.minutes),
                _state(lesson, root),
            )
            for lesson in phase.lessons
        ]
        parts.append(f"### Phase {phase.number} · {phase.title} ({phase.level})")
        columns = ("", "Lesson", "What you will have seen", "Minutes", "State")
        parts.append(_table(columns, rows))
    return "\n\n".join(parts)


def index(syllabus: Syllabus, root: Path) -> str:
    """Return the page on the whole curriculum: phases, concepts, path, checklist."""
    parts = [
        _WRITTEN,
        "# Airflow use cases",
        f"{len(syllabus.lessons)} Dags in {len(syllabus.phases)} phases. {_ready(syllabus, root)}",
        "## Overview",
        _overview(syllabus, root),
        *(_phase_section(phase, root) for phase in syllabus.phases),
        "## Quick start",
        _QUICK_START.strip(),
        "## Prerequisites by phase",
        "`make up` installs every package that is not optional and starts every service.",
        _prerequisites(syllabus),
        "## Directory tree",
        _tree(syllabus, root),
        "## Learning path",
        _learning_path(syllabus),
        "## Production checklist",
        _checklists(syllabus, root),
    ]
    return "\n\n".join(parts) + "\n"


def page(phase: Phase) -> str:
    """Return the path of the phase's own page, below the root."""
    return f"docs/phases/phase{phase.number:02d}.md"


def phase_text(phase: Phase, root: Path) -> str:
    """Return what the syllabus says on the phase's page: objective, lessons, concepts."""
    way = page(phase)
    shown_by = {lesson.slug: _link(lesson, lesson.number, root, way) for lesson in phase.lessons}
    concepts = [f"- **{one.name}** ({shown_by[one.lesson]}). {one.says}" for one in phase.concepts]
    lessons = [
        (lesson.number, _link(lesson, lesson.title, root, way), lesson.promise)
        for lesson in phase.lessons
    ]
    parts = [
        f"# {_phase_title(phase)}",
        phase.objective,
        f"**Level** {phase.level} · **Time** {sum(one.minutes for one in phase.lessons)} minutes · "
        f"**Services** {_names(phase.services)}",
        "## Lessons, in this order",
        _table(("", "Lesson", "What you will have seen"), lessons),
        "## Concepts, each with the lesson that shows it",
        "\n".join(concepts),
    ]
    return "\n\n".join(parts)


def glossary(syllabus: Syllabus, root: Path) -> str:
    """Return the page of terms: meaning, former name, and the lessons that use them."""
    rows = []
    for term in sorted(syllabus.terms, key=lambda term: term.name.casefold()):
        lessons = syllabus.lessons_with(term)
        links = ", ".join(_link(lesson, lesson.number, root, GLOSSARY) for lesson in lessons)
        rows.append((f"**{term.name}**", term.meaning, term.formerly or "", links))
    parts = [
        _WRITTEN,
        "# Glossary",
        "The first lesson named beside a term introduces it. *Formerly* is the word of Airflow 2, "
        "or of an older tool.",
        _table(("Term", "Meaning", "Formerly", "Lessons"), rows),
    ]
    return "\n\n".join(parts) + "\n"


def _with_part(path: str, text: str, part: str) -> str:
    """Return the file's text with `part` between the two marks; the rest is kept."""
    before, start, rest = text.partition(START)
    _, end, after = rest.partition(END)
    if not start or not end:
        raise PageError(f"{path}: has no place for the lessons; add `{START}` and `{END}`")
    return f"{before}{START}\n\n{part}\n\n{END}{after}"


def _overview(syllabus: Syllabus, root: Path) -> str:
    rows = [
        (
            str(phase.number),
            f"[{phase.title}](#{_anchor(_phase_title(phase))})",
            str(len(phase.lessons)),
            phase.focus,
            phase.level,
            f"{sum(lesson.built(root) for lesson in phase.lessons)} of {len(phase.lessons)}",
        )
        for phase in syllabus.phases
    ]
    return _table(("Phase", "Topic", "Dags", "Focus", "Level", "Ready"), rows)


def _phase_section(phase: Phase, root: Path) -> str:
    rows = [
        (
            _link(lesson, f"`{lesson.id}`", root, INDEX),
            lesson.promise,
            _names(lesson.services),
            str(lesson.minutes),
            _state(lesson, root),
        )
        for lesson in phase.lessons
    ]
    shown_by = {lesson.slug: _link(lesson, lesson.number, root, INDEX) for lesson in phase.lessons}
    concepts = [f"- {concept.name} ({shown_by[concept.lesson]})" for concept in phase.concepts]
    way = posixpath.relpath(page(phase), posixpath.dirname(INDEX))
    parts = [
        f"## {_phase_title(phase)}",
        f"**Objective:** {phase.objective} [More on this phase]({way})",
        _table(("Dag", "What you will have seen", "Services", "Minutes", "State"), rows),
        "**Key concepts**, each with the lesson that shows it:",
        "\n".join(concepts),
    ]
    return "\n\n".join(parts)


def _prerequisites(syllabus: Syllabus) -> str:
    rows = [
        (str(phase.number), ", ".join(phase.requires), _names(phase.services))
        for phase in syllabus.phases
    ]
    return _table(("Phase", "Packages and connections", "Lab services"), rows)


def _tree(syllabus: Syllabus, root: Path) -> str:
    lines = ["```text", "dags/", "├── airflow_usecases.md"]
    for phase in syllabus.phases:
        last_phase = phase is syllabus.phases[-1]
        lines.append(f"{'└──' if last_phase else '├──'} phase{phase.number}/  # {phase.title}")
        folder = Path("dags", f"phase{phase.number}")
        names = [f"{lesson.slug}.py" for lesson in phase.lessons]
        names += [name for lesson in phase.lessons for name in lesson.files]
        files = [
            name if (root / folder / name).exists() else f"{name}  # planned" for name in names
        ]
        rail = "    " if last_phase else "│   "
        lines += [f"{rail}├── {file}" for file in files[:-1]]
        lines.append(f"{rail}└── {files[-1]}")
    return "\n".join([*lines, "```"])


def _learning_path(syllabus: Syllabus) -> str:
    stages = []
    for place, level in enumerate(syllabus.levels, start=1):
        phases = syllabus.phases_of(level)
        minutes = sum(lesson.minutes for phase in phases for lesson in phase.lessons)
        span = _span([phase.number for phase in phases])
        stages.append(f"{place}. **{level.name}** ({span}, {minutes} minutes): {level.goal}")
    return "\n".join(stages)


def _checklists(syllabus: Syllabus, root: Path) -> str:
    parts = []
    for checklist in syllabus.checklists:
        items = []
        for item in checklist.items:
            lessons = [syllabus.lesson(lesson_id) for lesson_id in item.lessons]
            links = [_link(lesson, lesson.number, root, INDEX) for lesson in lessons]
            items.append(f"- [ ] {item.text} ({', '.join(links)})")
        parts += [f"### {checklist.title}", "\n".join(items)]
    return "\n\n".join(parts)


def _ready(syllabus: Syllabus, root: Path) -> str:
    ready = sum(lesson.built(root) for lesson in syllabus.lessons)
    return f"{ready} of {len(syllabus.lessons)} lessons are ready."


def _state(lesson: Lesson, root: Path) -> str:
    return "ready" if lesson.built(root) else "planned"


def _link(lesson: Lesson, text: str, root: Path, page: str) -> str:
    """Return `text` as a link from `page` to the lesson's file, once there is one."""
    way = posixpath.relpath(lesson.file, posixpath.dirname(page))
    return f"[{text}]({way})" if lesson.built(root) else text


def _names(services: Iterable[str]) -> str:
    return ", ".join(f"`{service}`" for service in services) or "none"


def _span(numbers: list[int]) -> str:
    one = len(numbers) == 1
    return f"phase {numbers[0]}" if one else f"phases {numbers[0]} to {numbers[-1]}"


def _phase_title(phase: Phase) -> str:
    return f"Phase {phase.number}: {phase.title}"


def _anchor(title: str) -> str:
    """Return the id that GitHub gives to a heading."""
    return re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-")


def _table(columns: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    names = list(columns)
    lines = [names, ["---"] * len(names)]
    lines += [[cell.replace("|", r"\|") for cell in row] for row in rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _text_of(path: Path) -> str | None:
    return path.read_text(encoding="utf-8") if path.is_file() else None
