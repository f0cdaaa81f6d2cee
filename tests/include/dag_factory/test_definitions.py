"""The Dag factory's file: what it may say, and how each mistake is told."""

import json
import subprocess

import jsonschema
import pytest
import yaml

from include.configuration.reader import ConfigurationError
from include.dag_factory import definitions, edits
from include.dag_factory.wording import headline
from tests.bench.parsing import ROOT

FILE = ROOT / "dags/phase15/configs/dag_definitions.yaml"
SCHEMA = FILE.with_name("dag_definitions.schema.json")
TEXT = FILE.read_text(encoding="utf-8")
CHANNELS = "phase15_01_yaml_dag_factory__channels"


def line_of(text: str, part: str) -> int:
    """The number of the first line behind the second Dag's name that holds `part`."""
    lines = text.splitlines()
    begin = lines.index(f"{CHANNELS}:")
    return next(n for n, line in enumerate(lines[begin:], begin + 1) if part in line)


def test_the_committed_file_is_right():
    """Two Dags and what they share, without a mistake."""
    entries = definitions.read(TEXT, FILE.name)

    assert entries.bad == {}
    assert set(entries.good) == {
        definitions.DEFAULT,
        "phase15_01_yaml_dag_factory__countries",
        CHANNELS,
    }


def test_the_committed_schema_is_that_of_the_model():
    """Editors check what the factory checks; the file names its schema in the first line."""
    assert SCHEMA.read_text() == definitions.schema()
    assert TEXT.startswith(f"# yaml-language-server: $schema={SCHEMA.name}\n")
    jsonschema.validate(yaml.safe_load(TEXT), json.loads(definitions.schema()))


@pytest.mark.parametrize("name", ["misspelt_key", "unknown_operator", "wrong_type"])
def test_an_editor_sees_what_a_schema_can_say(name: str):
    """All but what lies between two tasks."""
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(yaml.safe_load(edits.edit(TEXT, name)), json.loads(SCHEMA.read_text()))


@pytest.mark.parametrize(
    ("name", "changed", "key", "said"),
    [
        ("misspelt_key", "descripton:", ".descripton", "write `description`"),
        (
            "unknown_operator",
            "PostgresOperator",
            ".tasks[0].operator",
            "should be 'airflow.",
        ),
        ("unknown_task", "make_tabel", ".tasks[1].dependencies[0]", "'make_tabel'"),
        ("wrong_type", "max_active_runs: one", ".max_active_runs", "'one' was given"),
    ],
)
def test_a_mistake_is_told_by_file_line_and_key(name: str, changed: str, key: str, said: str):
    """And the other Dag is read as if nothing were wrong."""
    text = edits.edit(TEXT, name)

    entries = definitions.read(text, FILE.name)

    (mistake,) = (line for line in entries.bad[CHANNELS] if f"{CHANNELS}{key}:" in line)
    assert mistake.startswith(f"{FILE.name}:{line_of(text, changed)}: {CHANNELS}{key}: ")
    assert said in mistake
    assert list(entries.bad) == [CHANNELS]
    assert "phase15_01_yaml_dag_factory__countries" in entries.good


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("task_id: tell", "task_id: fill_table", "tasks[3].task_id: 'fill_table' is the name of a"),
        ("python_callable:", "sql:", "tasks[3].operator: PythonOperator needs `python_callable"),
        ("dependencies: [fill_table]\n      sql: SELECT channel", None, "read_table"),
        ("include.dag_factory.wording", "os", "tasks[3].python_callable: "),
    ],
)
def test_what_lies_between_keys_is_checked(old: str, new: str | None, said: str):
    """Names that are there twice, what an operator needs, circles, functions from elsewhere."""
    begin = TEXT.index(f"{CHANNELS}:")
    circle = old.replace("[fill_table]", "[tell]")
    text = TEXT[:begin] + TEXT[begin:].replace(old, circle if new is None else new, 1)

    assert said in "\n".join(definitions.read(text, FILE.name).bad[CHANNELS])


def test_a_text_that_is_no_yaml_is_told_with_its_line():
    """Nothing of it can be used, and nothing is guessed."""
    with pytest.raises(ConfigurationError, match=r"dag_definitions\.yaml:\d+: not valid YAML"):
        definitions.read(TEXT.replace("tasks:", "tasks: [", 1), FILE.name)


def test_the_version_is_gits_own():
    """`git hash-object` gives a file the same id."""
    command = ["git", "hash-object", "--no-filters", str(FILE)]
    done = subprocess.run(command, capture_output=True, text=True, check=True, cwd=ROOT)

    assert definitions.version(TEXT) == done.stdout.strip()


def test_an_edit_needs_what_it_changes():
    """A text that no longer holds it is told, rather than left right by mistake."""
    assert edits.edit(TEXT, "nothing") == TEXT
    with pytest.raises(ValueError, match="unknown_task"):
        edits.edit("default: {}\n", "unknown_task")


def test_the_sentence_names_the_first():
    """Of rows with the highest amount first; without any there is nothing to say."""
    assert headline("channel", [["web", "9.50"], ["app", "1.00"]]) == (
        "Most revenue by channel: web with 9.50 EUR, first of 2."
    )
    with pytest.raises(ValueError, match="rows"):
        headline("channel", [])
