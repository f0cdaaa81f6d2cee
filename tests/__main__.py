"""`python -m tests`: every test, in three processes side by side, and what they cover together.

The live tests wait for a scheduler much of the time, those of the lessons for retries and sensors;
the others use the processor meanwhile. Each process has a lab of its own. What the second and the
third say is shown when all have ended.
"""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

LIVE, LESSONS = ("tests/live", "tests/face"), ("tests/dags",)
GROUPS = (LIVE, LESSONS, tuple(f"--ignore={folder}" for folder in (*LIVE, *LESSONS)))
PYTEST = (sys.executable, "-m", "pytest", "--cov", "--cov-report=")
COVERAGE = (sys.executable, "-m", "coverage")
AT_LEAST = "--fail-under=90"


def main() -> int:
    """Run them all; return 0 if all have passed, and enough is covered."""
    with tempfile.TemporaryDirectory(prefix="curriculum-coverage-") as folder:
        data = [Path(folder, f"data{n}") for n in range(len(GROUPS))]
        # Not named as its data: coverage takes every `data1.*` for such.
        logs = [Path(folder, f"log{n}.txt") for n in range(1, len(GROUPS))]
        running = [
            _start(group, file, log)
            for group, file, log in zip(GROUPS, data, [None, *logs], strict=True)
        ]
        try:
            codes = [process.wait() for process in running]
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
    """Start the tests of one group, which say what they do here, or in a file."""
    environment = {**os.environ, "COVERAGE_FILE": str(data)}
    if log is None:
        return subprocess.Popen([*PYTEST, *group], env=environment)
    with log.open("wb") as said:
        return subprocess.Popen(
            [*PYTEST, *group], env=environment, stdout=said, stderr=subprocess.STDOUT
        )


if __name__ == "__main__":
    sys.exit(main())
