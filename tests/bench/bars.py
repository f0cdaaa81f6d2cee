"""What the project promises not to exceed: read by the benchmark and by tests of figures."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Bar:
    """A figure that is measured: `unit` is how it is read, `limit` what it may be at the most."""

    what: str
    unit: str
    limit: float


COLD = Bar(
    "A lesson's file, all read cold in one process, against a file of Airflow's own examples",
    "×",
    0.8,
)
HOLLOW = Bar("All read again, against Dags of as many tasks that do nothing", "×", 1.6)
ALONE_MEDIAN = Bar("One lesson file read alone, cold: the median", "s", 0.1)
ALONE_WORST = Bar("One lesson file read alone, cold: the slowest", "s", 0.4)
HEAVY = Bar("Heavy modules that a lesson loads and its providers do not", "modules", 0)
TENANTS = Bar("500 tenants' Dags (1500 tasks) read cold from one file", "s", 5.0)
TASK = Bar("A task that does nothing, against the same Airflow with nothing of ours", "×", 1.15)
START = Bar("Second `make up` until all is healthy, against Airflow's four alone", "×", 1.3)
MEMORY = Bar("Memory of the whole lab, idle", "GiB", 3.0)
MEMORY_AFTER = Bar("The same, after all lessons have run", "GiB", 3.6)
