"""`python -m tests`: every test, and what they cover together.

What measures time comes first, alone; all else runs in three processes, each with a lab of its own.
Two of these labs are whole: on the first, every lesson runs; on the second are the tests that wait
for Airflow much of the time, those of the pages last. For all the rest services alone are enough,
and it gives way. What all but the first say is shown when all have ended.
"""

import compileall
import os
import subprocess
import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path

from include.lab import airflow
from tests.labs import ROOT

TIMED = "tests/contract/test_reading.py"
"""What measures the processor's time: first, while nothing else uses the processor."""

ON_THE_FIRST_LAB = ("test_every_lesson.py", "test_secrets.py", "test_service_stopped.py")
ON_THE_SECOND_LAB = (
    *(
        str(path)
        for path in sorted(ROOT.glob("tests/live/test_*.py"))
        if path.name not in ON_THE_FIRST_LAB
    ),
    str(ROOT / "tests/face"),
)
LEFT_OUT = "--ignore={}".format
PYTEST = (sys.executable, "-m", "pytest")
WITH_AIRFLOW = (*PYTEST, "-m", "airflow")
SERVICES_ALONE = ("env", f"TESTS_WITHOUT={airflow.NAME}", "nice", "-n", "5")
# Counting what is covered costs time: of the largest part it is enough.
COVERAGE = ("--cov", "--cov-report=term:skip-covered", "--cov-fail-under=90")
PROCESSES = (
    (*WITH_AIRFLOW, *map(LEFT_OUT, ON_THE_SECOND_LAB)),
    (*SERVICES_ALONE, *PYTEST, "-m", "not airflow", LEFT_OUT(TIMED), *COVERAGE),
    (*WITH_AIRFLOW, *ON_THE_SECOND_LAB),
)


def main() -> int:
    """Run them all; return 0 if all have passed, and enough is covered."""
    # Where Python keeps no bytecode by itself, the process of each task would compile this anew.
    for room in ("include", "plugins"):
        compileall.compile_dir(ROOT / room, quiet=1)
    codes = [subprocess.run([*PYTEST, TIMED], check=False).returncode]
    with tempfile.TemporaryDirectory(prefix="curriculum-tests-") as folder, ExitStack() as running:
        environment = {**os.environ, "COVERAGE_FILE": f"{folder}/coverage"}
        logs = [Path(folder, f"{number}.txt") for number in range(1, len(PROCESSES))]
        said = [None, *(running.enter_context(log.open("wb")) for log in logs)]
        processes = [
            running.enter_context(subprocess.Popen(command, env=environment, stdout=to, stderr=to))
            for command, to in zip(PROCESSES, said, strict=True)
        ]
        try:
            codes += [process.wait() for process in processes]
        except KeyboardInterrupt:
            # Ctrl-C has reached them all, and they are waited for.
            return 130
        for log in logs:
            sys.stdout.write(log.read_text(errors="replace"))
    return max(codes)


if __name__ == "__main__":
    sys.exit(main())
