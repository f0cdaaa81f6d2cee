"""Dags from one template: one for each environment, built by dag-factory."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from include.dag_factory.templates import MissingVariableError, render, variables
from plugins.factories import yaml_dags


def load_environments(
    template: Path,
    environments: Iterable[str],
    prefix: str,
    title: str,
    namespace: dict[str, Any],
) -> list[str]:
    """Put a Dag for each environment into `namespace`; return every mistake.

    An environment whose variables do not suffice has a Dag that says so, as in `yaml_dags.load`.

    Args:
        template: renders to an entry `<prefix>__<environment>` of a Dag factory's YAML file.
        environments: their names; beside the template, `<name>.env` holds the variables of each.
        prefix: how the ids of the Dags begin.
        title: how their display names begin.
        namespace: the `globals()` of the file in which Airflow looks for Dags.
    """
    mistakes: list[str] = []
    for name in environments:
        try:
            text = render(template, name, variables(template.with_name(f"{name}.env")))
        except MissingVariableError as error:
            mistakes += yaml_dags.refuse(f"{prefix}__{name}", [str(error)], title, namespace)
        else:
            mistakes += yaml_dags.load(text, f"{template.name} for {name}", title, namespace)
    return mistakes
