"""`python -m tests`: every test, what they cost, and what they cover together.

In two processes, because there are two cores at the least, each with a lab of its own: the first
has a whole one, for what needs its Airflow; for all else services alone are enough. What the second
says is shown when both have ended.
"""

import compileall
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import nullcontext
from pathlib import Path

from include.lab import airflow
from tests.labs import ROOT

PYTEST = (sys.executable, "-m", "pytest", "-p", "tests.cost")
WITH_AIRFLOW = (*PYTEST, "-m", "airflow")
# Counting what is covered costs time: here most of it is.
COVERAGE = ("--cov", "--cov-report=term:skip-covered", "--cov-fail-under=90")
WITH_SERVICES = (
    # It has less to wait for, and gives way to the lessons on the live scheduler.
    *("env", f"TESTS_WITHOUT={airflow.NAME}", "nice", "-n", "10"),
    *(*PYTEST, "-m", "not airflow", *COVERAGE),
)
DEAREST = 20


def main() -> int:
    """Run them all; return 0 if all have passed, and enough is covered."""
    # Where Python keeps no bytecode by itself, the process of each task would compile this anew.
    for room in ("include", "plugins"):
        compileall.compile_dir(ROOT / room, quiet=1)
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="curriculum-tests-") as name:
        folder = Path(name)
        log = folder / "services.txt"
        live = _start(WITH_AIRFLOW, folder / "live.json", None)
        services = _start(WITH_SERVICES, folder / "services.json", log)
        try:
            codes = [live.wait(), services.wait()]
        except KeyboardInterrupt:
            # Ctrl-C has reached both; each stops its lab.
            live.wait()
            services.wait()
            return 130
        sys.stdout.write(log.read_text(errors="replace"))
        sys.stdout.writelines(_costs(folder, time.monotonic() - began))
        return max(codes)


def _start(command: tuple[str, ...], costs: Path, log: Path | None) -> subprocess.Popen[bytes]:
    """Start one process; what it says is seen here, or is written to the log."""
    environment = {**os.environ, "TESTS_COST": str(costs)}
    environment["COVERAGE_FILE"] = str(costs.with_name("coverage"))
    with log.open("wb") if log else nullcontext() as said:
        return subprocess.Popen(command, env=environment, stdout=said, stderr=said)


def _costs(folder: Path, seconds: float) -> Iterator[str]:
    """The dearest tests and the whole, line by line; all of it is kept in `reports/costs.json`."""
    tests = {
        name: phases
        for file in folder.glob("*.json")
        for name, phases in json.loads(file.read_text()).items()
    }
    kept = ROOT / "reports" / "costs.json"
    kept.parent.mkdir(exist_ok=True)
    kept.write_text(json.dumps(tests, indent=1))
    rows = [(*map(sum, zip(*phases.values(), strict=True)), name) for name, phases in tests.items()]
    dearest = sorted(rows, key=lambda row: row[0] + row[1], reverse=True)[:DEAREST]
    yield f"\nThe {DEAREST} dearest tests, in core-seconds: their own, and of what they started\n"
    yield from (f"{own:8.1f} {services:8.1f}  {name}\n" for own, services, name in dearest)
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    yield (
        f"{len(tests)} tests took {seconds / 60:.1f} minutes and "
        f"{usage.ru_utime + usage.ru_stime:.0f} core-seconds.\n"
    )


if __name__ == "__main__":
    sys.exit(main())
