"""Which lesson a message comes from: the Dag that it links, or else the one that it names."""

import re

_LINKED = re.compile(r"/dags/([\w.-]+)")
# In JSON a line begins with the letter of its `\n`, so nothing is asked of what stands before.
_NAMED = re.compile(r"phase\d+_\d\d_[a-z0-9_]+")
_NUMBERS = re.compile(r"\d+")


def lesson_of(text: str) -> str | None:
    """The lesson's Dag id; None if the text, such as a message's JSON, points to no Dag.

    A helper Dag `<lesson>__<name>` belongs to its lesson.
    """
    linked = _LINKED.search(text)
    named = None if linked else _NAMED.search(text)
    found = linked[1].rstrip(".") if linked else named[0] if named else ""
    return found.partition("__")[0] or None


def in_order(lessons: list[str]) -> list[str]:
    """The lessons in the order of the course: `phase2_…` before `phase10_…`."""
    return sorted(lessons, key=lambda one: ([int(n) for n in _NUMBERS.findall(one)[:2]], one))
