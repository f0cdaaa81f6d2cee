"""What an entry of a Dag factory's YAML file may say: checked before a Dag is built from it.

`python -m include.dag_factory.definitions` prints the JSON Schema by which editors check the file
while it is written. The rules here are stricter than the library's own: what it would pass on to
an operator unseen, such as a misspelt key, is refused with its file, line and key.
"""

import hashlib
import json
import sys
from collections.abc import Iterator
from graphlib import CycleError, TopologicalSorter
from typing import Annotated, Any, Literal

from pydantic import BaseModel, Field, RootModel, StringConstraints

from include.configuration.reader import Entries, Facts, KeyPath, read_yaml_entries

DEFAULT = "default"
"""The entry that holds what all others share."""

Name = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]*$")]
Day = Annotated[str, StringConstraints(pattern=r"^\d{4}-\d{2}-\d{2}$")]
Operator = Literal[
    "airflow.providers.common.sql.operators.sql.SQLExecuteQueryOperator",
    "airflow.providers.common.sql.operators.sql.SQLCheckOperator",
    "airflow.providers.standard.operators.python.PythonOperator",
]
NEEDS = {"SQLExecuteQueryOperator": "sql", "SQLCheckOperator": "sql"}
NEEDS |= {"PythonOperator": "python_callable"}


class Task(Facts):
    """One task; an operator takes either SQL or a function of `include/`."""

    task_id: Name
    operator: Operator
    dependencies: list[Name] = Field([], description="The tasks that have to succeed before")
    sql: str | list[str] | None = None
    python_callable: str | None = Field(None, pattern=r"^include(\.[a-z][a-z0-9_]*)+$")
    op_kwargs: dict[str, Any] | None = None
    pool: str | None = None


class DefaultArguments(Facts):
    """What every task is given."""

    owner: str = "platform"
    conn_id: str | None = None
    retries: int = Field(0, ge=0, le=10)
    retry_delay: int = Field(300, ge=1, le=3600, description="Seconds between two tries")


class Defaults(Facts):
    """What every Dag of the file has, unless it says otherwise."""

    start_date: Day | None = None
    schedule: str | None = None
    max_active_runs: int | None = Field(None, ge=1, le=16)
    is_paused_upon_creation: bool | None = None
    default_args: DefaultArguments | None = None
    tags: list[str] | None = None


class Definition(Defaults):
    """One Dag."""

    description: str
    render_template_as_native_obj: bool = Field(False, description="Templates may give lists")
    tasks: list[Task] = Field(min_length=1)


NOTHING_SHARED = Defaults.model_validate({})


class _File(RootModel[dict[str, Definition | Defaults]]):
    pass


def read(text: str, source: str) -> Entries:
    """Return the right entries of a file and, of each wrong one, its mistakes.

    Args:
        text: what stands in the file.
        source: what its mistakes call it.

    Raises:
        ConfigurationError: the text is no YAML table; then nothing of it can be used.
    """
    return read_yaml_entries(
        text, source, lambda name: Defaults if name == DEFAULT else Definition, mistakes
    )


def mistakes(entry: BaseModel) -> Iterator[tuple[KeyPath, str]]:
    """What is wrong between the tasks of an entry: each key, with a sentence."""
    if not isinstance(entry, Definition):
        return
    names = [task.task_id for task in entry.tasks]
    for place, task in enumerate(entry.tasks):
        at: KeyPath = ("tasks", place)
        if task.task_id in names[:place]:
            yield (*at, "task_id"), f"{task.task_id!r} is the name of a task above; choose another"
        operator = task.operator.rpartition(".")[2]
        if getattr(task, NEEDS[operator]) is None:
            yield (*at, "operator"), f"{operator} needs `{NEEDS[operator]}: ...`"
        for number, before in enumerate(task.dependencies):
            if before not in names:
                known = ", ".join(names)
                yield (*at, "dependencies", number), f"no task is called {before!r} ({known})"
    try:
        TopologicalSorter({task.task_id: task.dependencies for task in entry.tasks}).prepare()
    except CycleError as error:
        yield ("tasks",), f"wait for each other in a circle: {' -> '.join(error.args[1])}"


def plain(entry: BaseModel) -> dict[str, Any]:
    """The entry as dag-factory takes it: what is not said is left to it."""
    return entry.model_dump(exclude_none=True)


def version(text: str) -> str:
    """The id that git gives to a file with this text; `git log --find-object` finds its commit."""
    content = text.encode()
    return hashlib.sha1(b"blob %d\0" % len(content) + content, usedforsecurity=False).hexdigest()


def schema() -> str:
    """The JSON Schema of such a file, as it is committed beside it."""
    entries = _File.model_json_schema()
    facts = {
        "$defs": entries["$defs"],
        "type": "object",
        "properties": {DEFAULT: {"$ref": "#/$defs/Defaults"}},
        "additionalProperties": {"$ref": "#/$defs/Definition"},
    }
    return json.dumps(facts, indent=2) + "\n"


if __name__ == "__main__":
    sys.stdout.write(schema())
