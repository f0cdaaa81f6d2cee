"""What many Dags of one file cost, and the same work as mapped tasks of one Dag."""

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.bench.parsing import ROOT

TENANTS = (1, 50, 500)
AS_DAGS = """\
from airflow.sdk import dag
from include.dag_factory.tenants import many
from plugins.factories.tenant_dags import build

for tenant in many({0}):
    globals()[tenant.name] = build(tenant, "measured", "Measured", [])
"""
AS_TASKS = """\
from airflow.sdk import dag
from include.dag_factory.tenants import many
from plugins.factories.tenant_dags import mapped

one = mapped(many({0}))
"""


@dataclass(frozen=True)
class Growth:
    """What so many tenants cost to read, cold: as Dags, and as tasks of one Dag.

    Seconds are of the processor, bytes are those that stand in Airflow's database, memory is what
    the process that reads them has grown by.
    """

    tenants: int
    dags: int
    seconds: float
    bytes: int
    memory: int
    tasks_seconds: float
    tasks_bytes: int


def grow(numbers: Iterable[int] = TENANTS) -> list[Growth]:
    """Measure each number of tenants, in ascending order."""
    found = []
    for number in sorted(numbers):
        tasks = _read(AS_TASKS.format(number))
        dags = _read(AS_DAGS.format(number))
        found.append(
            Growth(number, **dags, tasks_seconds=tasks["seconds"], tasks_bytes=tasks["bytes"])
        )
    return found


def growth_table(growth: list[Growth]) -> str:
    """The figures as a table of the page."""
    lines = [
        "A Dag for each tenant against one Dag whose tasks are mapped over them, read cold. Dags"
        " are read again and again; mapped tasks are made by the run.\n",
        "| Tenants | Dags: s | KiB stored | MiB memory | Mapped tasks: s | KiB stored |",
        "| --- | --- | --- | --- | --- | --- |",
    ]
    for one in growth:
        lines.append(
            f"| {one.tenants} | {one.seconds:.2f} | {one.bytes / 1024:.0f} "
            f"| {one.memory / 2**20:.0f} | {one.tasks_seconds:.2f} | {one.tasks_bytes / 1024:.0f} |"
        )
    return "\n".join(lines)


def _read(source: str) -> dict[str, Any]:
    with tempfile.TemporaryDirectory() as home:
        file = Path(home) / "tenants.py"
        file.write_text(source)
        done = subprocess.run(
            [sys.executable, "-m", "tests.bench.tenants", str(file)],
            env={
                **{k: v for k, v in os.environ.items() if not k.startswith("AIRFLOW")},
                "PYTHONPATH": str(ROOT),
                "AIRFLOW_HOME": home,
                "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
                "AIRFLOW__LOGGING__LOGGING_LEVEL": "CRITICAL",
            },
            stdout=subprocess.PIPE,
            cwd=ROOT,
            check=True,
        )
    answer: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return answer


def main(file: Path) -> dict[str, Any]:
    """Read one file in this process; return what the caller decodes."""
    import psutil
    from airflow.dag_processing.dagbag import DagBag
    from airflow.providers.common.sql.operators import sql  # noqa: F401 - imported before a fork
    from airflow.serialization.serialized_objects import DagSerialization

    from tests.bench.parsing import _seconds

    before = psutil.Process().memory_info().rss
    seconds, bag = _seconds(lambda: DagBag(dag_folder=file))
    memory = psutil.Process().memory_info().rss - before
    size = sum(len(json.dumps(DagSerialization.to_dict(dag))) for dag in bag.dags.values())
    return {"dags": len(bag.dags), "seconds": seconds, "bytes": size, "memory": memory}


if __name__ == "__main__":
    sys.stdout.write(f"\n{json.dumps(main(Path(sys.argv[1])))}\n")
