"""The syllabus is one file of facts that hold together: `configs/curriculum.toml`, typed.

`load` reads it and refuses what does not fit: a lesson before the one that it builds on, a concept
that no lesson shows, a word without a meaning. Whether a lesson is ready is never written down: it
is when its file exists.
"""

import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, PrivateAttr

from include.configuration.reader import Facts, KeyPath, mistakes, read_toml

ROOT = Path(__file__).resolve().parents[2]
DEFAULT = ROOT / "configs" / "curriculum.toml"

Service = Literal[
    "postgres",
    "object_store",
    "shop_api",
    "inbox",
    "redis",
    "kafka",
    "mlflow",
    "model_server",
    "vault",
    "gcs",
    "bigquery",
    "azurite",
    "mail",
    "metrics",
]
"""A service of the lab, besides Airflow itself."""


def _one_line(text: str) -> str:
    if not text.strip() or "\n" in text or "\\" in text:
        raise ValueError("must be one line of prose, without a backslash")
    return text


Line = Annotated[str, AfterValidator(_one_line)]
"""One line of prose; no backslash, because it is written into docstrings as it stands."""

_Problem = tuple[KeyPath, str]


class Level(Facts):
    """A stage of the learning path: which phases it spans is told by the phases."""

    name: Line
    goal: Line

    @property
    def slug(self) -> str:
        """The name as a tag: `enterprise-foundation`."""
        return slug_of(self.name)


class Concept(Facts):
    """A key concept of a phase, the slug of the lesson in it that shows it, and a word on it."""

    name: Line
    lesson: str
    says: Line


class Lesson(Facts):
    """One lesson: one file, one Dag; `files` are what it brings besides, in its phase's folder."""

    slug: str = Field(pattern=r"^\d\d_[a-z0-9_]+$")
    title: Line
    promise: Line
    minutes: int = Field(gt=0)
    after: tuple[str, ...] = ()
    services: tuple[Service, ...] = ()
    terms: tuple[str, ...] = ()
    files: tuple[Line, ...] = ()

    _phase: int = PrivateAttr()
    _level: str = PrivateAttr()

    @property
    def id(self) -> str:
        """The Dag id: `phase1_01_hello_airflow`."""
        return f"phase{self._phase}_{self.slug}"

    @property
    def file(self) -> str:
        """The path below the repository root: `dags/phase1/01_hello_airflow.py`."""
        return f"dags/phase{self._phase}/{self.slug}.py"

    @property
    def number(self) -> str:
        """Phase and place in it: `1.01`."""
        return f"{self._phase}.{self.slug[:2]}"

    @property
    def display_name(self) -> str:
        """What Airflow shows instead of the id: `01.01 · Hello, Airflow`; it sorts as they come."""
        return f"{self._phase:02d}.{self.slug[:2]} · {self.title}"

    @property
    def level(self) -> str:
        """The name of its phase's level: `Beginner`."""
        return self._level

    @property
    def tags(self) -> list[str]:
        """The tags of its Dag: phase, level, and one for each service."""
        return [f"phase{self._phase}", slug_of(self._level), *self.services]

    def built(self, root: Path = ROOT) -> bool:
        """Tell whether the lesson's file exists below `root`."""
        return (root / self.file).is_file()


class Phase(Facts):
    """A group of lessons on one topic, and the key concepts that they show."""

    number: int = Field(gt=0)
    title: Line
    focus: Line
    objective: Line
    level: str
    requires: tuple[Line, ...] = Field(min_length=1)
    concepts: tuple[Concept, ...] = Field(min_length=1)
    lessons: tuple[Lesson, ...] = Field(alias="lesson", min_length=1)

    def model_post_init(self, _: object) -> None:
        """Tell each lesson where it stands."""
        for lesson in self.lessons:
            lesson._phase = self.number
            lesson._level = self.level

    @property
    def services(self) -> list[Service]:
        """Every service that a lesson of the phase needs, in order of first use."""
        return list(dict.fromkeys(name for lesson in self.lessons for name in lesson.services))


class ChecklistItem(Facts):
    """One thing to have before production, and the ids of the lessons that show it."""

    text: Line
    lessons: tuple[str, ...] = Field(min_length=1)


class Checklist(Facts):
    """One part of the production checklist."""

    title: Line
    items: tuple[ChecklistItem, ...] = Field(min_length=1)


class Term(Facts):
    """A word of the glossary; `formerly` is what Airflow 2 (or an older tool) called it."""

    name: Line
    meaning: Line
    formerly: Line | None = None


class Syllabus(Facts):
    """The whole curriculum, in order."""

    levels: tuple[Level, ...] = Field(alias="level", min_length=1)
    phases: tuple[Phase, ...] = Field(alias="phase", min_length=1)
    checklists: tuple[Checklist, ...] = Field(alias="checklist", default=())
    terms: tuple[Term, ...] = Field(alias="term", default=())

    @property
    def lessons(self) -> list[Lesson]:
        """Every lesson of every phase, in order."""
        return [lesson for phase in self.phases for lesson in phase.lessons]

    def lesson(self, lesson_id: str) -> Lesson:
        """Return the lesson with this id; KeyError if there is none."""
        return {lesson.id: lesson for lesson in self.lessons}[lesson_id]

    def phases_of(self, level: Level) -> list[Phase]:
        """Return the phases of this level, in order."""
        return [phase for phase in self.phases if phase.level == level.name]

    def lessons_with(self, term: Term) -> list[Lesson]:
        """Return the lessons that use this term; the first one introduces it."""
        return [lesson for lesson in self.lessons if term.name in lesson.terms]


def slug_of(name: str) -> str:
    """Return `name` as a tag: lower case, words joined by hyphens."""
    return "-".join(re.findall(r"[a-z0-9]+", name.lower()))


def load(path: Path = DEFAULT) -> Syllabus:
    """Read the syllabus and check that its parts fit together.

    Raises:
        ConfigurationError: one line for each mistake, with file, line and key.
    """
    syllabus = read_toml(path, Syllabus)
    problems = [*_numbering(syllabus), *_references(syllabus), *_glossary(syllabus)]
    if problems:
        raise mistakes(path, problems)
    return syllabus


def _numbering(syllabus: Syllabus) -> Iterator[_Problem]:
    levels = [level.name for level in syllabus.levels]
    for i, level in enumerate(syllabus.levels):
        if not syllabus.phases_of(level):
            yield ("level", i, "name"), f"{level.name!r} has no phase; use it or remove it"
    for p, phase in enumerate(syllabus.phases):
        if phase.number != p + 1:
            yield ("phase", p, "number"), f"{phase.number} is out of order; write {p + 1}"
        if phase.level not in levels:
            text = f"{phase.level!r} is not a level; write one of: {', '.join(levels)}"
            yield ("phase", p, "level"), text
        for n, lesson in enumerate(phase.lessons):
            key: KeyPath = ("phase", p, "lesson", n, "slug")
            others = [other.slug[3:] for other in phase.lessons[:n]]
            if lesson.slug[3:] in others:
                yield key, f"{lesson.slug!r} is there twice; choose another name"
            if lesson.slug[:2] != f"{n + 1:02d}":
                yield key, f"{lesson.slug!r} is out of order; begin it with {n + 1:02d}_"


def _references(syllabus: Syllabus) -> Iterator[_Problem]:
    ids = [lesson.id for lesson in syllabus.lessons]
    earlier: list[str] = []
    for p, phase in enumerate(syllabus.phases):
        for n, lesson in enumerate(phase.lessons):
            for a, wanted in enumerate(lesson.after):
                key: KeyPath = ("phase", p, "lesson", n, "after", a)
                if wanted not in ids:
                    yield key, f"{wanted!r} is not a lesson; write an id such as {ids[0]!r}"
                elif wanted not in earlier:
                    yield key, f"{wanted!r} does not come before {lesson.id!r}; name earlier ones"
            earlier.append(lesson.id)
        slugs = [lesson.slug for lesson in phase.lessons]
        for c, concept in enumerate(phase.concepts):
            if concept.lesson not in slugs:
                text = f"{concept.lesson!r} is not in this phase; write one of: {', '.join(slugs)}"
                yield ("phase", p, "concepts", c, "lesson"), text
    for part, checklist in enumerate(syllabus.checklists):
        for i, item in enumerate(checklist.items):
            for n, wanted in enumerate(item.lessons):
                if wanted not in ids:
                    text = f"{wanted!r} is not a lesson; write an id such as {ids[0]!r}"
                    yield ("checklist", part, "items", i, "lessons", n), text


def _glossary(syllabus: Syllabus) -> Iterator[_Problem]:
    defined = Counter(term.name for term in syllabus.terms)
    used = {name for lesson in syllabus.lessons for name in lesson.terms}
    for p, phase in enumerate(syllabus.phases):
        for n, lesson in enumerate(phase.lessons):
            for i, name in enumerate(lesson.terms):
                if name not in defined:
                    text = f"{name!r} has no meaning; add a [[term]] with this name"
                    yield ("phase", p, "lesson", n, "terms", i), text
    for i, term in enumerate(syllabus.terms):
        if defined[term.name] > 1:
            yield ("term", i, "name"), f"{term.name!r} is defined more than once; keep one"
        if term.name not in used:
            text = f"{term.name!r} is used by no lesson; add it to a lesson's terms or remove it"
            yield ("term", i, "name"), text
