"""A LocalExecutor whose tasks find their libraries imported."""

import importlib
import logging
import warnings
from typing import Any

from airflow.executors.local_executor import LocalExecutor

PRELOADED = (
    "skops.io",
    "great_expectations",
    "matplotlib.pyplot",
    "mlflow.sklearn",
    "mlflow.tracking.request_header.registry",
    "pyarrow.parquet",
    "scipy.stats",
    "sklearn.ensemble",
    "airflow.dag_processing.dagbag",
    "airflow.sdk.execution_time.task_runner",
    "airflow.providers.amazon.aws.assets.s3",
    "airflow.providers.amazon.aws.fs.s3",
    "airflow.providers.amazon.aws.hooks.s3",
    "airflow.providers.apache.kafka.plugins.event_producer",
    "airflow.providers.common.io.xcom.backend",
    "airflow.providers.git.bundles.git",
    "airflow.providers.google.assets.gcs",
    "airflow.providers.google.cloud.fs.gcs",
    "airflow.providers.hashicorp.secrets.vault",
    "airflow.providers.microsoft.azure.fs.adls",
    "airflow.providers.openlineage.plugins.listener",
    "airflow.providers.postgres.hooks.postgres",
    "airflow.providers.standard.sensors.external_task",
    "dagfactory.plugin",
    "s3fs",
)
"""What is imported before the processes of the tasks are forked.

Nothing of this project is among it: a changed file must count from the next task on.
"""


class WarmLocalExecutor(LocalExecutor):
    """Imports once what each task would import anew, for a second or more of processor time.

    On macOS each task is a new Python, which inherits nothing: there it is a LocalExecutor.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Import the libraries, which the tasks of the forked workers inherit.

        Here, not in `start`: the scheduler has given its first heartbeat when it calls that, and
        would be taken for dead after half a minute of imports on a busy machine.
        """
        super().__init__(*args, **kwargs)  # type: ignore[no-untyped-call]
        if self.is_mp_using_fork:
            with warnings.catch_warnings():
                # skops looks into every module that is loaded, also at Airflow's deprecated names.
                warnings.simplefilter("ignore")
                logging.disable(logging.INFO)
                for name in PRELOADED:
                    importlib.import_module(name)
                logging.disable(logging.NOTSET)
