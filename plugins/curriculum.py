"""Tells Airflow which of our plugins it must know; the only plugin file that it loads by itself."""

from airflow.plugins_manager import AirflowPlugin

from plugins.listeners import service_hint
from plugins.middleware.known_params import KnownParams


class CurriculumPlugin(AirflowPlugin):
    """What the curriculum adds to Airflow itself."""

    name = "curriculum"
    listeners = [service_hint]  # noqa: RUF012 - declared so by Airflow
    fastapi_root_middlewares = [{"name": "known params", "middleware": KnownParams}]  # noqa: RUF012
