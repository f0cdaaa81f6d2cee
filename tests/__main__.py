"""`python -m tests`: every test, and what they cover together.

What measures time comes first, alone; all else runs in four processes, three at a time, each with a
lab of its own. Two of these labs are whole: on the first, every lesson runs; on the second are the
tests that wait for Airflow much of the time. For the other two processes, of the earlier lessons
and of all the rest, services alone are enough, and they give way. What all but the first say is
shown when all have ended.
"""

import compileall
import os
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext
from pathlib import Path

from include.lab import airflow
from tests.labs import ROOT

TIMED = "tests/contract/test_reading.py"
"""What measures the processor's time: first, while nothing else uses the processor."""

# So many that the fourth process begins when every lesson has run.
EARLY = tuple(str(ROOT / f"tests/dags/phase{number}") for number in range(1, 6))
ON_THE_FIRST_LAB = ("test_every_lesson.py", "test_secrets.py", "test_service_stopped.py")
ON_THE_SECOND_LAB = (
    str(ROOT / "tests/face"),
    *(
        str(path)
        for path in sorted(ROOT.glob("tests/live/test_*.py"))
        if path.name not in ON_THE_FIRST_LAB
    ),
)
LEFT_OUT = "--ignore={}".format
PYTEST = (sys.executable, "-m", "pytest", "-p", "tests.cost")
WITH_AIRFLOW = (*PYTEST, "-m", "airflow")
SERVICES_ALONE = ("env", f"TESTS_WITHOUT={airflow.NAME}", "nice", "-n", "10")
WITH_SERVICES = (*SERVICES_ALONE, *PYTEST, "-m", "not airflow")
# Counting what is covered costs time: of the largest part it is enough.
COVERAGE = ("--cov", "--cov-report=term:skip-covered", "--cov-fail-under=90")
PROCESSES = (
    (*WITH_AIRFLOW, *map(LEFT_OUT, ON_THE_SECOND_LAB)),
    (*WITH_SERVICES, *map(LEFT_OUT, (*EARLY, TIMED)), *COVERAGE),
    (*WITH_SERVICES, *EARLY),
    (*WITH_AIRFLOW, *ON_THE_SECOND_LAB),
)
AT_A_TIME = 3
"""With all four on two cores, lessons exceed their times."""


def main() -> int:
    """Run them all; return 0 if all have passed, and enough is covered."""
    # Where Python keeps no bytecode by itself, the process of each task would compile this anew.
    for room in ("include", "plugins"):
        compileall.compile_dir(ROOT / room, quiet=1)
    with (
        tempfile.TemporaryDirectory(prefix="curriculum-tests-") as folder,
        ThreadPoolExecutor(AT_A_TIME) as pool,
    ):
        codes = [subprocess.run([*PYTEST, TIMED], check=False).returncode]
        logs = [Path(folder, f"{number}.txt") for number in range(1, len(PROCESSES))]
        running = [
            pool.submit(_run, command, Path(folder), log)
            for command, log in zip(PROCESSES, [None, *logs], strict=True)
        ]
        try:
            codes += [process.result() for process in running]
        except KeyboardInterrupt:
            # Ctrl-C has reached those that run; no other begins.
            pool.shutdown(cancel_futures=True)
            return 130
        for log in logs:
            sys.stdout.write(log.read_text(errors="replace"))
        return max(codes)


def _run(command: tuple[str, ...], folder: Path, log: Path | None) -> int:
    """Run one process to its end; what it says is seen here, or is written to the log."""
    environment = {
        **os.environ,
        "COVERAGE_FILE": str(folder / "coverage"),
        "TESTS_COST": f"/tmp/cost-{log.stem if log else 0}.json",
    }
    with log.open("wb") if log else nullcontext() as said:
        done = subprocess.run(command, env=environment, stdout=said, stderr=said, check=False)
    return done.returncode


if __name__ == "__main__":
    sys.exit(main())
