"""What the project promises not to exceed; the tests and the benchmark read it here."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Bar:
    """A figure that is measured: `unit` is how it is read, `limit` what it may be at the most."""

    what: str
    unit: str
    limit: float


COLD = Bar(
    "All lesson files read cold in one process, against Airflow's own example files", "×", 1.0
)
WARM = Bar("The same read again, against as many files with one empty Dag", "×", 3.0)
HOLLOW = Bar("The same, against Dags of as many tasks that do nothing", "×", 1.75)
ALONE_MEDIAN = Bar("One lesson file read alone, cold: the median", "s", 0.1)
ALONE_WORST = Bar("One lesson file read alone, cold: the slowest", "s", 0.6)
HEAVY = Bar("Heavy modules that a lesson loads and its providers do not", "modules", 0)
TENANTS = Bar("500 tenants' Dags (1500 tasks) read cold from one file", "s", 5.0)
START = Bar("Second `make up` until all is healthy, against Airflow's four alone", "×", 1.3)
MEMORY = Bar("Memory of the whole lab, idle", "GiB", 3.0)
