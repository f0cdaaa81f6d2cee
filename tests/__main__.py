"""`python -m tests`: every test, and what they cover together.

What measures time comes first, alone; all else runs in four processes side by side, each with a lab
of its own. Two of these labs are whole, for the tests that wait for Airflow: on one, every lesson
runs. For the other two processes, of a part of the lessons and of all the rest, services alone are
enough; they give way to the first two. What all but the first say is shown when all have ended.
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

# As much work as all the rest.
PART = tuple(str(ROOT / f"tests/dags/phase{number}") for number in (*range(1, 10), 11))
ON_THE_FIRST_LAB = ("test_every_lesson.py", "test_secrets.py", "test_service_stopped.py")
ON_THE_SECOND_LAB = tuple(
    str(path)
    for path in sorted(ROOT.glob("tests/live/test_*.py"))
    if path.name not in ON_THE_FIRST_LAB
)
LEFT_OUT = "--ignore={}".format
# Counting what is covered costs time: of the last group it is enough.
COVERAGE = ("--cov", "--cov-report=term:skip-covered", "--cov-fail-under=90")
WITH_AIRFLOW = (
    ("tests/face", *ON_THE_SECOND_LAB),
    tuple(map(LEFT_OUT, ("tests/face", *ON_THE_SECOND_LAB))),
)
WITH_SERVICES = (PART, (*map(LEFT_OUT, (*PART, TIMED)), *COVERAGE))
PYTEST = (sys.executable, "-m", "pytest")
GIVING_WAY = ("nice", "-n", "5")


def main() -> int:
    """Run them all; return 0 if all have passed, and enough is covered."""
    # Where Python keeps no bytecode by itself, the process of each task would compile this anew.
    for room in ("include", "plugins"):
        compileall.compile_dir(ROOT / room, quiet=1)
    commands = [(*PYTEST, "-m", "airflow", *group) for group in WITH_AIRFLOW]
    commands += [(*GIVING_WAY, *PYTEST, "-m", "not airflow", *group) for group in WITH_SERVICES]
    with tempfile.TemporaryDirectory(prefix="curriculum-tests-") as folder:
        codes = [subprocess.run([*PYTEST, TIMED], check=False).returncode]
        logs = [Path(folder, f"{n}.txt") for n in range(1, len(commands))]
        running = [
            _start(command, Path(folder), log)
            for command, log in zip(commands, [None, *logs], strict=True)
        ]
        try:
            codes += [process.wait() for process in running]
        except KeyboardInterrupt:
            for process in running:
                process.wait(120)
            return 130
        for log in logs:
            sys.stdout.write(log.read_text(errors="replace"))
        return max(codes)


def _start(command: tuple[str, ...], folder: Path, log: Path | None) -> subprocess.Popen[bytes]:
    """Start the tests of one group; what they say is seen here, or is written to the log."""
    environment = {**os.environ, "COVERAGE_FILE": str(folder / "coverage")}
    if "not airflow" in command:
        environment["TESTS_WITHOUT"] = airflow.NAME
    if log is None:
        return subprocess.Popen(command, env=environment)
    with log.open("wb") as said:
        return subprocess.Popen(command, env=environment, stdout=said, stderr=subprocess.STDOUT)


if __name__ == "__main__":
    sys.exit(main())
