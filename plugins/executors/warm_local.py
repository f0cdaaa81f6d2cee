"""A LocalExecutor whose tasks find their libraries imported."""

import ctypes
import gc
import importlib
import logging
import os
import sys
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from airflow.executors.local_executor import LocalExecutor

log = logging.getLogger(__name__)

PRELOADED = (
    "skops.io",
    "mlflow.sklearn",
    "mlflow.tracking.request_header.registry",
    "pyarrow.parquet",
    "scipy.stats",
    "sklearn.ensemble",
    "airflow.dag_processing.bundles.local",
    "airflow.dag_processing.dagbag",
    "airflow.sdk.definitions.asset.metadata",
    "airflow.sdk.definitions.decorators",
    "airflow.sdk.execution_time.supervisor",
    "airflow.sdk.execution_time.task_runner",
    "airflow.providers.amazon.aws.assets.s3",
    "airflow.providers.amazon.aws.fs.s3",
    "airflow.providers.amazon.aws.hooks.s3",
    "airflow.providers.apache.kafka.plugins.event_producer",
    "airflow.providers.common.io.xcom.backend",
    "airflow.providers.common.sql.operators.sql",
    "airflow.providers.git.bundles.git",
    "airflow.providers.google.assets.gcs",
    "airflow.providers.google.cloud.fs.gcs",
    "airflow.providers.hashicorp.secrets.vault",
    "airflow.providers.microsoft.azure.fs.adls",
    "airflow.providers.openlineage.plugins.listener",
    "airflow.providers.postgres.hooks.postgres",
    "airflow.providers.standard.decorators.python",
    "airflow.providers.standard.sensors.external_task",
    "dagfactory.plugin",
    "jinja2.ext",
    "s3fs",
)
"""What is imported before the processes of the tasks are forked.

Nothing of this project is among it: a changed file must count from the next task on. And nothing
that few tasks use: every megabyte here costs every task 0.07 ms of processor time, for its process
is forked and ended with all of them.
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
                preload()
            draw_anew_in_each_fork()
            gc.collect()
            use_huge_pages()


def preload() -> None:
    """Import what there is of `PRELOADED`; tasks can do without, the scheduler must start."""
    missing = []
    logging.disable(logging.INFO)
    try:
        for name in PRELOADED:
            try:
                importlib.import_module(name)
            except ImportError as error:
                missing.append(str(error))
    finally:
        logging.disable(logging.NOTSET)
    if missing:
        log.warning("Each task imports these itself, if it uses them: %s", "; ".join(missing))


def draw_anew_in_each_fork() -> None:
    """Seed NumPy in every new process: else all tasks draw the numbers of the one they are of.

    scikit-learn, SciPy and pandas draw from NumPy's state; Python seeds its own `random` by itself.
    """
    import numpy

    os.register_at_fork(after_in_child=numpy.random.seed)


MADV_HUGEPAGE, MADV_COLLAPSE, HUGE_PAGE = 14, 25, 2 << 20
"""From Linux's `<linux/mman.h>`; a huge page has 2 MiB where an ordinary one has 4 KiB."""


def use_huge_pages() -> None:
    """Let Linux keep this process's memory in huge pages, so that a fork of it costs half.

    A fork copies one entry for each page, and with these libraries there are 80,000. It is advice:
    a kernel that has no huge pages, or none left, does nothing.
    """
    if sys.platform != "linux":
        return
    madvise = ctypes.CDLL(None).madvise
    madvise.argtypes = (ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int)
    for start, end in own_memory():
        for advice in (MADV_HUGEPAGE, MADV_COLLAPSE):
            madvise(start, end - start, advice)


def own_memory() -> Iterator[tuple[int, int]]:
    """Each stretch of this process's own memory that whole huge pages fit into."""
    for line in Path("/proc/self/maps").read_text().splitlines():
        # Address, permissions, offset, device, inode, and a name, if it is a file's.
        addresses, permissions, *_, name = [*line.split(maxsplit=5), ""][:6]
        if permissions == "rw-p" and name in ("", "[heap]"):
            first, last = (int(address, 16) for address in addresses.split("-"))
            start, end = -(-first // HUGE_PAGE) * HUGE_PAGE, last // HUGE_PAGE * HUGE_PAGE
            if start < end:
                yield start, end
