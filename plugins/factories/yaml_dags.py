"""Dags from YAML, built by dag-factory: each right entry is one, whatever is wrong with others.

An entry `<lesson>__<name>` is shown in Airflow's list as `<title>: <name>`, behind its lesson.
"""

import re
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from airflow.sdk import DAG, task
from airflow.sdk.exceptions import AirflowFailException

from include.dag_factory import definitions

REFUSED = "refused"
"""The tag of a Dag that stands where a wrong entry would have one."""


def load_file(file: Path, title: str, namespace: dict[str, Any]) -> list[str]:
    """Put a Dag for each entry of the file into `namespace`, as `load` does."""
    return load(file.read_text(encoding="utf-8"), file.name, title, namespace)


def load(text: str, source: str, title: str, namespace: dict[str, Any]) -> list[str]:
    """Put a Dag for each entry of a YAML text into `namespace`; return every mistake.

    For a wrong entry there is a Dag too: its page says what is wrong, and a run of it fails with
    just that. Its schedule is gone, its former runs stay. Each mistake is also a warning of the
    line that it is in, which the Dag processor writes into its log.

    Args:
        text: what the file holds, see `include.dag_factory.definitions`.
        source: what mistakes call the file.
        title: how the display names of the Dags begin.
        namespace: the `globals()` of the file in which Airflow looks for Dags.

    Raises:
        ConfigurationError: the text is no YAML table; an import error of the whole file.
    """
    entries = definitions.read(text, source)
    refused = dict(entries.bad)
    if definitions.DEFAULT not in refused:
        shared = entries.good.pop(definitions.DEFAULT, definitions.NOTHING_SHARED)
        for name, entry in entries.good.items():
            try:
                facts = {**definitions.plain(entry), "dag_display_name": _shown(name, title)}
                namespace.update(_built(name, facts, definitions.plain(shared)))
            except Exception as error:  # noqa: BLE001 - whatever an operator says to its arguments
                why = f"{type(error).__name__}: {error}"
                refused[name] = [f"{source}:{entries.lines[name]}: {name}: {why}"]
    else:
        refused |= dict.fromkeys(entries.good, refused[definitions.DEFAULT])
    told = dict.fromkeys(line for mistakes in refused.values() for line in mistakes)
    refused.pop(definitions.DEFAULT, None)
    for name, mistakes in refused.items():
        refuse(name, mistakes, title, namespace)
    return list(told)


def refuse(name: str, mistakes: list[str], title: str, namespace: dict[str, Any]) -> list[str]:
    """Put a Dag into `namespace` that tells the mistakes, and warn of each; return them."""
    _warn(mistakes)
    namespace[name] = _refusal(name, mistakes, _shown(name, title))
    return mistakes


def _shown(name: str, title: str) -> str:
    return f"{title}: {name.rpartition('__')[2]}"


def _built(name: str, entry: dict[str, Any], shared: dict[str, Any]) -> dict[str, DAG]:
    from dagfactory import load_yaml_dags

    made: dict[str, DAG] = {}
    load_yaml_dags(made, config_dict={definitions.DEFAULT: shared, name: entry})
    return made


def _refusal(name: str, mistakes: Sequence[str], shown: str) -> DAG:
    told = "\n".join(mistakes)
    page = f"## Refused\n\nThis Dag cannot be built:\n\n```\n{told}\n```\n"
    with DAG(name, dag_display_name=shown, schedule=None, tags=[REFUSED], doc_md=page) as dag:

        @task
        def tell_mistakes() -> None:
            """Say what is wrong with the entry."""
            raise AirflowFailException(told)

        tell_mistakes()
    return dag


def _warn(mistakes: Sequence[str]) -> None:
    for mistake in mistakes:
        place = re.match(r"(?P<file>.*?):(?P<line>\d+): ", mistake)
        file, line = (place["file"], int(place["line"])) if place else (mistake, 1)
        warnings.warn_explicit(mistake, UserWarning, file, line)
