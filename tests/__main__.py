"""`python -m tests`: every test, and what they cover together.

What measures time comes first, alone; all else runs in three processes side by side. Each has a lab
of its own: the first the whole one, for the tests that need its Airflow and wait for it much of the
time; the other two, of the early lessons and of all the rest, one of services alone. What these two
say is shown when all have ended.
"""

import compileall
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from include.lab import airflow
from tests.labs import ROOT

TIMED = "tests/contract/test_reading.py"
"""What measures the processor's time: first, while nothing else uses the processor."""

EARLY = sorted(map(str, ROOT.glob("tests/dags/phase?")))
GROUPS = (
    ("-m", "airflow"),
    ("-m", "not airflow", *EARLY),
    ("-m", "not airflow", *(f"--ignore={path}" for path in (*EARLY, TIMED))),
)
PYTEST = (sys.executable, "-m", "pytest", "--cov", "--cov-report=")
COVERAGE = (sys.executable, "-m", "coverage")
AT_LEAST = "--fail-under=90"


def main() -> int:
    """Run them all; return 0 if all have passed, and enough is covered."""
    # Where Python keeps no bytecode by itself, the process of each task would compile this anew.
    for room in ("include", "plugins"):
        compileall.compile_dir(ROOT / room, quiet=1)
    with tempfile.TemporaryDirectory(prefix="curriculum-coverage-") as folder:
        data = [Path(folder, f"data{n}") for n in range(len(GROUPS))]
        # Not named as its data: coverage takes every `data1.*` for such.
        logs = [Path(folder, f"log{n}.txt") for n in range(1, len(GROUPS))]
        timed = subprocess.run([*PYTEST[:3], TIMED], check=False).returncode
        running = [
            _start(group, file, log)
            for group, file, log in zip(GROUPS, data, [None, *logs], strict=True)
        ]
        try:
            codes = [timed, *(process.wait() for process in running)]
        except KeyboardInterrupt:
            for process in running:
                process.wait(120)
            return 130
        for log in logs:
            sys.stdout.write(log.read_text(errors="replace"))
        sys.stdout.flush()
        codes += [
            subprocess.run([*COVERAGE, *command], check=False).returncode
            for command in (
                ("combine", "--quiet", *map(str, data)),
                ("report", "--skip-covered", AT_LEAST),
            )
        ]
        return max(codes)


def _start(group: tuple[str, ...], data: Path, log: Path | None) -> subprocess.Popen[bytes]:
    """Start the tests of one group: here, with Airflow, or saying what they do in a file."""
    environment = {**os.environ, "COVERAGE_FILE": str(data)}
    if log is None:
        return subprocess.Popen([*PYTEST, *group], env=environment)
    environment["TESTS_WITHOUT"] = airflow.NAME
    with log.open("wb") as said:
        return subprocess.Popen(
            [*PYTEST, *group], env=environment, stdout=said, stderr=subprocess.STDOUT
        )


if __name__ == "__main__":
    sys.exit(main())
