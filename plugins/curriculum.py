"""Tells Airflow which of our plugins it must know; the only plugin file that it loads by itself."""

import logging

from airflow.plugins_manager import AirflowPlugin

from plugins.listeners import service_hint
from plugins.middleware.known_params import KnownParams

SPEAK_OF_NO_LINEAGE = (
    "airflow.providers.openlineage.plugins.listener",
    "airflow.providers.openlineage.utils.emission_policy",
)
"""They write eight lines into the log of each task that sends no lineage, as most lessons' do."""


def is_worth_a_line(record: logging.LogRecord) -> bool:
    """Whether a record is a warning or worse."""
    return record.levelno >= logging.WARNING


# Airflow sets the level of these loggers anew in each task, whatever `[logging] namespace_levels`
# says; a filter stays.
for name in SPEAK_OF_NO_LINEAGE:
    logging.getLogger(name).addFilter(is_worth_a_line)


class CurriculumPlugin(AirflowPlugin):
    """What the curriculum adds to Airflow itself."""

    name = "curriculum"
    listeners = [service_hint]  # noqa: RUF012 - declared so by Airflow
    fastapi_root_middlewares = [{"name": "known params", "middleware": KnownParams}]  # noqa: RUF012
