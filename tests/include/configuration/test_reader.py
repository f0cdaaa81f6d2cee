from pathlib import Path
from typing import Literal

import pytest
from pydantic import Field, ValidationError, field_validator

from include.configuration.reader import ConfigurationError, Facts, mistakes, read_toml


class Concept(Facts):
    name: str
    lesson: str


class Lesson(Facts):
    slug: str
    title: str
    minutes: int = Field(gt=0)
    level: Literal["easy", "hard"] = "easy"
    concepts: tuple[Concept, ...] = ()

    @field_validator("slug")
    @classmethod
    def has_no_blank(cls, slug: str) -> str:
        if " " in slug:
            raise ValueError("must not hold a blank")
        return slug


class Course(Facts):
    name: str
    lessons: tuple[Lesson, ...] = Field(alias="lesson", default=(), min_length=1)
    rooms: dict[str, Concept] = Field(default_factory=dict)


GOOD = """\
name = "A course"

[[lesson]]
slug = "one"
title = "One"
minutes = 5

[[lesson]]
slug = "two"
title = "Two"
minutes = 5
concepts = [
    { name = "a", lesson = "one" },
    { name = "b", lesson = "two" },
]

[[lesson]]
slug = "three"
title = '''
Three'''
minutes = 5
"""


@pytest.fixture
def course_file(tmp_path: Path) -> Path:
    return tmp_path / "course.toml"


def messages(path: Path, text: str) -> list[str]:
    """What `read_toml` says about `text`, without the folder."""
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ConfigurationError) as caught:
        read_toml(path, Course)
    return str(caught.value).replace(f"{path.parent}/", "").splitlines()


def test_a_right_file_becomes_the_model(course_file):
    """A file without a mistake is returned as the typed model, and cannot be changed."""
    course_file.write_text(GOOD, encoding="utf-8")

    course = read_toml(course_file, Course)

    assert [lesson.slug for lesson in course.lessons] == ["one", "two", "three"]
    assert course.lessons[1].concepts[1] == Concept(name="b", lesson="two")
    with pytest.raises(ValidationError, match="frozen"):
        course.name = "another"


def test_a_file_that_is_not_there_is_named(course_file):
    """A missing file is one sentence with its path."""
    with pytest.raises(ConfigurationError, match=r"course\.toml: cannot be read: No such file"):
        read_toml(course_file, Course)


def test_a_file_that_is_not_utf8_is_named_with_its_line(course_file):
    """Bytes that are not UTF-8 point at the line that holds them."""
    course_file.write_bytes(b'name = "A"\n# caf\xe9\n')

    with pytest.raises(ConfigurationError, match=r"course\.toml:2: is not UTF-8 text"):
        read_toml(course_file, Course)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param('name = "A"\nminutes 5\n', ":2: not valid TOML: ", id="no equals sign"),
        pytest.param('name = "A"\nrooms = {', ":2: not valid TOML: ", id="ends too early"),
        pytest.param('name = "A"\nname = "B"\n', ":2: not valid TOML: ", id="key given twice"),
    ],
)
def test_a_syntax_error_points_at_its_line(course_file, text, expected):
    """What TOML cannot read is shown with its line and the line's text."""
    (message,) = messages(course_file, text)

    assert message.startswith(f"course.toml{expected}")
    assert message.endswith(f"in {text.splitlines()[-1]!r}")


def test_an_unknown_key_is_named_with_the_nearest_known_one(course_file):
    """A misspelt key points at its line and says what was probably meant."""
    text = GOOD.replace('title = "Two"', 'titel = "Two"')

    assert messages(course_file, text) == [
        "course.toml:8: lesson[1].title: is missing; add `title = ...` to this table",
        "course.toml:10: lesson[1].titel: is not a known key; write `title` "
        "(known here: slug, title, minutes, level, concepts)",
    ]


def test_an_unknown_key_without_a_likeness_is_to_be_removed(course_file):
    """A key that resembles none is to be taken out; the known ones are listed."""
    (message,) = messages(course_file, GOOD + '\n[rooms.red]\nname = "a"\nlesson = "b"\nzzz = 1\n')

    assert message == (
        "course.toml:26: rooms.red.zzz: is not a known key; remove it (known here: name, lesson)"
    )


def test_a_key_missing_in_the_third_table_points_at_that_table(course_file):
    """The line of a missing key is the head of the table that lacks it."""
    text = GOOD.replace('slug = "three"\n', "")

    assert messages(course_file, text) == [
        "course.toml:17: lesson[2].slug: is missing; add `slug = ...` to this table"
    ]


def test_a_key_missing_in_the_whole_file_points_at_its_start(course_file):
    """A missing top-level key points at line 1."""
    assert messages(course_file, "\n\n[rooms]\n") == [
        "course.toml:1: name: is missing; add `name = ...` to this table"
    ]


def test_a_wrong_type_shows_the_value_given(course_file):
    """A value of the wrong type is shown with what is expected, after a value of several lines."""
    text = GOOD[: GOOD.rindex("minutes")] + 'minutes = "five"\n'

    assert messages(course_file, text) == [
        "course.toml:21: lesson[2].minutes: should be a valid integer, unable to parse string "
        "as an integer, but 'five' was given"
    ]


def test_a_wrong_value_lists_what_may_be_written(course_file):
    """A value outside the allowed ones is refused with the allowed ones."""
    (message,) = messages(course_file, GOOD + 'level = "odd"\n')

    assert message == (
        "course.toml:22: lesson[2].level: should be 'easy' or 'hard', but 'odd' was given"
    )


def test_a_value_inside_an_inline_table_points_at_its_own_line(course_file):
    """In an array over several lines, the line is the element's, not the array's."""
    text = GOOD.replace('lesson = "two"', "lesson = 2")

    assert messages(course_file, text) == [
        "course.toml:14: lesson[1].concepts[1].lesson: should be a valid string, but 2 was given"
    ]


def test_an_array_is_too_short_only_when_it_is(course_file):
    """An empty array is a mistake; one whose only element is wrong is not called empty."""
    (empty,) = messages(course_file, 'name = "A"\nlesson = []\n')
    (wrong,) = messages(
        course_file, 'name = "A"\n[[lesson]]\nslug = "a"\ntitle = "A"\nminutes = 0\n'
    )

    assert empty == "course.toml:2: lesson: has too few entries; give at least 1"
    assert wrong.startswith("course.toml:5: lesson[0].minutes: should be greater than 0")


def test_a_value_of_several_lines_points_at_its_first(course_file):
    """A long text is found where it begins, and is shown shortened."""
    text = GOOD.replace('slug = "three"', 'slug = """\nthree ' + "and more " * 20 + '"""')

    (message,) = messages(course_file, text)

    assert message.startswith("course.toml:18: lesson[2].slug: must not hold a blank, but 'three ")
    assert message.endswith("...' was given")
    assert len(message) < 160


@pytest.mark.parametrize(
    ("wrong", "shown"),
    [("[1, 2]", "an array"), ("{ a = 1 }", "a table")],
)
def test_a_wrong_container_is_described(course_file, wrong, shown):
    """A table or an array in the place of a text is described, not printed."""
    (message,) = messages(course_file, f"name = {wrong}\n")

    assert message == f"course.toml:1: name: should be a valid string, but {shown} was given"


def test_all_mistakes_are_told_at_once_in_the_order_of_the_file(course_file):
    """Several mistakes make one error with a line for each."""
    text = GOOD.replace("minutes = 5", "minutes = 0").replace('name = "A course"', "name = 1")

    assert [message.split(": ")[0] for message in messages(course_file, text)] == [
        "course.toml:1",
        "course.toml:6",
        "course.toml:11",
        "course.toml:21",
    ]


def test_checks_outside_the_model_report_the_same_way(course_file):
    """A cross check gives a key and a sentence and gets file and line for them."""
    course_file.write_text(GOOD, encoding="utf-8")

    error = mistakes(course_file, [(("lesson", 1, "title"), "is taken"), ((), "is too short")])

    assert str(error).splitlines() == [
        f"{course_file}:1: the file: is too short",
        f"{course_file}:10: lesson[1].title: is taken",
    ]
