"""What the syllabus says in a lesson's own file: the docstring's head, and the Dag's names.

Title, promise and facts begin the docstring; `dag_display_name` and `description` stand in the call
that declares the Dag. The rest of the file is the author's.
"""

import ast
import re
import textwrap

from include.curriculum.syllabus import Lesson

HEADING = "## What you will learn"

_HEAD_WIDTH = 96
_LINE = 100
_DECLARES = {"dag", "DAG"}


class PageError(ValueError):
    """A file that a copy belongs into has no place for it; one line for each such file."""


def written(source: str, lesson: Lesson) -> str:
    """Return the lesson's `source` with all that the syllabus says of it.

    Raises:
        PageError: the source has no place for the head or for the names.
    """
    return with_names(with_head(source, lesson), lesson)


def head(lesson: Lesson) -> str:
    """Return what stands in a lesson's docstring before its first heading."""
    after = ", ".join(f"`{lesson_id}`" for lesson_id in lesson.after) or "nothing"
    services = ", ".join(f"`{service}`" for service in lesson.services) or "none"
    facts = (
        f"**Level** {lesson.level} · **Time** {lesson.minutes} minutes · "
        f"**After** {after} · **Services** {services}"
    )
    title = f"# {lesson.number} · {lesson.title}"
    return "\n\n".join([title, _wrapped(lesson.promise), _wrapped(facts)])


def with_head(source: str, lesson: Lesson) -> str:
    """Return the lesson's `source` with the right head; nothing after the head is changed.

    Raises:
        PageError: the source has no docstring, or the docstring lacks its first heading.
    """
    lines = source.split("\n")
    first, last = _docstring_lines(source, lesson)
    opening = re.match(r'[rR]?"""', lines[first])
    if not opening:
        raise PageError(f'{lesson.file}:{first + 1}: write the docstring between """ and """')
    lines[first] = lines[first].removeprefix(opening[0])
    for number in range(first, last):
        if lines[number].strip() == HEADING:
            return "\n".join([*lines[:first], opening[0] + head(lesson), "", *lines[number:]])
    raise PageError(f"{lesson.file}: the docstring has no line `{HEADING}`; add it before the text")


def with_names(source: str, lesson: Lesson) -> str:
    """Return the `source` whose Dag has the lesson's display name, and its promise as description.

    They are replaced where they stand, or become the first keywords after `dag_id`, in the form
    that `ruff format` gives them. Nothing else is changed.

    Raises:
        PageError: not exactly one call declares a Dag with `doc_md=__doc__`.
    """
    call = _declaration(source, lesson)
    lines = source.encode().splitlines(keepends=True)
    starts = [sum(map(len, lines[:number])) for number in range(len(lines))]
    first_line = lines[call.lineno - 1].decode()
    indent = " " * (len(first_line) - len(first_line.lstrip()) + 4)
    wanted = {
        name: f"{name}={_string(f'{indent}{name}=', value)}"
        for name, value in (
            ("dag_display_name", lesson.display_name),
            ("description", lesson.promise),
        )
    }
    text = source.encode()
    # From the end on, so that the places before stay where they are.
    for keyword in reversed(call.keywords):
        if keyword.arg in wanted:
            begin = starts[keyword.lineno - 1] + keyword.col_offset
            end = starts[(keyword.end_lineno or 0) - 1] + (keyword.end_col_offset or 0)
            text = text[:begin] + wanted.pop(keyword.arg).encode() + text[end:]
    follows = next(keyword for keyword in call.keywords if keyword.arg != "dag_id")
    at = starts[follows.lineno - 1] + follows.col_offset
    missing = "".join(f"{new},\n{indent}" for new in wanted.values())
    return (text[:at] + missing.encode() + text[at:]).decode()


def _declaration(source: str, lesson: Lesson) -> ast.Call:
    """Return the call that declares the lesson's own Dag: the one whose page is the docstring."""
    found = [
        node
        for node in ast.walk(_parsed(source, lesson))
        if isinstance(node, ast.Call)
        and getattr(node.func, "id", None) in _DECLARES
        and any(one.arg == "doc_md" and _is_docstring(one.value) for one in node.keywords)
    ]
    if len(found) != 1:
        raise PageError(
            f"{lesson.file}: {len(found)} calls of `dag` or `DAG` have `doc_md=__doc__`; "
            "write it in the one that declares the lesson's own Dag"
        )
    return found[0]


def _is_docstring(node: ast.expr) -> bool:
    return isinstance(node, ast.Name) and node.id == "__doc__"


def _string(before: str, text: str) -> str:
    """Return the text as a string that stands behind `before`, and that a comma follows."""
    if len(f"{before}{_quoted(text)},") <= _LINE:
        return _quoted(text)
    outer = " " * (len(before) - len(before.lstrip()))
    inner = f"{outer}    "
    parts = [text]
    if len(f"{inner}{_quoted(text)}") > _LINE:
        # Each part but the last ends with a space.
        width = _LINE - len(f"{inner}{_quoted(' ')}")
        lines = textwrap.wrap(text, width, break_long_words=False, break_on_hyphens=False)
        parts = [*(f"{line} " for line in lines[:-1]), lines[-1]]
    return "\n".join(["(", *(f"{inner}{_quoted(part)}" for part in parts), f"{outer})"])


def _quoted(text: str) -> str:
    """Return the text as a string; in the quotes that `ruff format` prefers."""
    quote = "'" if '"' in text and "'" not in text else '"'
    return quote + text.replace(quote, f"\\{quote}") + quote


def _docstring_lines(source: str, lesson: Lesson) -> tuple[int, int]:
    """Return where the docstring begins, and the line after its end, counted from 0."""
    module = _parsed(source, lesson)
    if ast.get_docstring(module) is None:
        raise PageError(f"{lesson.file}: has no docstring; begin it with one that has `{HEADING}`")
    statement = module.body[0]
    return statement.lineno - 1, statement.end_lineno or statement.lineno


def _parsed(source: str, lesson: Lesson) -> ast.Module:
    try:
        return ast.parse(source)
    except SyntaxError as error:
        place = f"{lesson.file}:{error.lineno}"
        raise PageError(f"{place}: is not Python: {error.msg}; repair it first") from error


def _wrapped(text: str) -> str:
    return textwrap.fill(text, _HEAD_WIDTH, break_long_words=False, break_on_hyphens=False)
