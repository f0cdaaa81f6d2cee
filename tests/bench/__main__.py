"""`make bench`: measure against the bars, print a table, write docs/benchmarks.md.

`make bench PART=capacity` and `PART=faults` measure that alone and put it into the page that is
there.
"""

import logging
import os
import platform
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from statistics import median

import psutil

from include.curriculum import syllabus
from tests.bench import bars, faults
from tests.bench.capacity import Capacity, capacity_table, measure
from tests.bench.living import IDLE_SECONDS, Life, live, usual
from tests.bench.parsing import ROOT, Folders, Reading, read_all
from tests.bench.tenants import Growth, grow, growth_table

PAGE = ROOT / "docs" / "benchmarks.md"
INTRODUCTION = """\
# Benchmarks

<!-- Written by `make bench`: measure again instead of changing it by hand. -->

What the project promises not to exceed, and what was last measured: {date}, {lessons} of 53
lessons ready. Figures are of this machine and its other work; ratios hold better than seconds.
Reading is the best of three tries, a start the best of two; memory and the run of all lessons were
measured once.

{machine}
"""
NOTES = """\
## What is measured

- **Reading** is processor time, with `airflow.sdk` and the Dag processor's own modules loaded, and
  the file not. By its setting `parsing_pre_import_modules`, on by default, the Dag processor also
  imports the Airflow modules that a file names before it forks for it; these figures include them.
- **Read again**: Airflow's own examples take {examples:.1f} ms a file, the lessons {ours:.1f} ms.
- **A task that does nothing** takes {task:.3f} s of processor time in the lab, its services and its
  database included, and {bare:.3f} s in an Airflow without our executor, plugins, vault, object
  store, lineage and metrics. What both use while nothing runs is taken off.
- **Start** is from the command until every service is healthy and all lessons are listed. Airflow's
  four components alone are the same ones, from their own start, on a PostgreSQL that already runs.
- **Memory** is counted once where processes share it (PSS), {idle} s after the start.
"""


def main(arguments: list[str]) -> int:
    """Measure everything, or the part that is named; the exit code is 1 if a bar was missed."""
    if arguments not in ([], ["capacity"], ["faults"]):
        sys.stderr.write(f"PART={' '.join(arguments)}: capacity and faults are what runs alone.\n")
        return 2
    logging.disable(logging.INFO)
    tell = partial(_say, sys.stderr.write)
    if arguments:
        accounts = faults.measure(tell) if arguments == ["faults"] else []
        section = _faults(accounts) if accounts else _capacity(measure(tell))
        page = PAGE.read_text(encoding="utf-8")
        PAGE.write_text(_with_section(page, section), encoding="utf-8")
        tell(f"wrote {PAGE.relative_to(ROOT)}")
        return int(not all(one.held for one in accounts))
    tell("reading all lessons, three times ...")
    readings, folders = _best([read_all() for _ in range(3)])
    tell("reading the Dags of many tenants ...")
    growth = grow()
    life = live(tell)
    capacity = measure(tell)
    accounts = faults.measure(tell)
    results = [*_results(readings, folders, growth, life)]
    table = _table(results)
    sys.stdout.write(f"{table}\n")
    page = _page(table, readings, folders, growth, life)
    for section in (_capacity(capacity), _faults(accounts)):
        page = _with_section(page, section)
    PAGE.write_text(page, encoding="utf-8")
    tell(f"wrote {PAGE.relative_to(ROOT)}")
    held = all(value <= bar.limit for bar, value in results) and all(one.held for one in accounts)
    return int(not held)


def _say(write: Callable[[str], object], line: str) -> None:
    write(f"{line}\n")


def _best(
    tries: list[tuple[dict[Path, Reading], Folders]],
) -> tuple[dict[str, Reading], Folders]:
    """Of each file and folder the fastest reading."""
    files = {lesson.file: lesson.id for lesson in syllabus.load().lessons if lesson.built()}
    readings = {
        lesson_id: min((one[ROOT / file] for one, _ in tries), key=lambda one: one.seconds)
        for file, lesson_id in files.items()
    }
    names = Folders.__dataclass_fields__
    fastest = {name: min(getattr(one, name) for _, one in tries) for name in names}
    return readings, Folders(**fastest)


def _results(
    readings: dict[str, Reading], folders: Folders, growth: list[Growth], life: Life
) -> Iterator[tuple[bars.Bar, float]]:
    yield bars.COLD, folders.cold_ratio
    yield bars.HOLLOW, folders.hollow_ratio
    yield bars.ALONE_MEDIAN, median(one.seconds for one in readings.values())
    yield bars.ALONE_WORST, max(one.seconds for one in readings.values())
    yield bars.HEAVY, max(len(one.heavy) for one in readings.values())
    yield bars.TENANTS, growth[-1].seconds
    yield bars.START, life.seconds / life.airflow_seconds
    yield bars.MEMORY, life.gibibytes
    yield bars.MEMORY_AFTER, life.memory_after / 2**30
    yield bars.TASK, life.task.ratio


def _table(results: list[tuple[bars.Bar, float]]) -> str:
    lines = ["| What | Measured | Bar | |", "| --- | --- | --- | --- |"]
    for bar, value in results:
        verdict = "held" if value <= bar.limit else "**missed**"
        measured = f"{value:.0f}" if bar is bars.HEAVY else f"{value:.2f}"
        lines.append(
            f"| {bar.what} | {measured} {bar.unit} | {bar.limit:g} {bar.unit} | {verdict} |"
        )
    return "\n".join(lines)


def _page(
    table: str,
    readings: dict[str, Reading],
    folders: Folders,
    growth: list[Growth],
    life: Life,
) -> str:
    services = "\n".join(
        f"| {name} | {size / 2**20:.0f} |" for name, size in life.memory.items() if size
    )
    lessons = "\n".join(
        f"| `{name}` | {reading.seconds:.3f} | {life.lessons[name]:.1f} |"
        for name, reading in readings.items()
    )
    failed = f"\n\nNot ended in success: {', '.join(life.failed)}." if life.failed else ""
    count = len(readings)
    parts = [
        INTRODUCTION.format(
            date=f"{datetime.now(UTC):%Y-%m-%d}", lessons=count, machine=_machine()
        ),
        f"{table}\n",
        NOTES.format(
            examples=folders.examples_warm / folders.examples * 1000,
            ours=folders.lessons_warm / count * 1000,
            idle=IDLE_SECONDS,
            task=life.task.lab,
            bare=life.task.bare,
        ),
        f"## Tenants\n\n{growth_table(growth)}\n",
        f"## Start\n\nThe whole lab {life.seconds:.1f} s, Airflow's components alone "
        f"{life.airflow_seconds:.1f} s.\n",
        f"## Memory\n\n| Service | MiB |\n| --- | --- |\n{services}\n",
        f"## Lessons\n\nAll triggered at once, untouched, on the live scheduler: "
        f"{life.lessons_seconds:.0f} s until the last one had ended, {usual(life.lessons):.1f} s "
        f"for half of them from their trigger to their end.{failed}\n\n"
        f"| Lesson | Read alone, s | Run among all, s |\n| --- | --- | --- |\n{lessons}\n",
    ]
    return "\n".join(parts)


def _capacity(found: list[Capacity]) -> str:
    date = f"{datetime.now(UTC):%Y-%m-%d}"
    return f"## Capacity\n\nMeasured {date} on {_machine()}\n\n{capacity_table(found)}\n"


def _faults(found: list[faults.Account]) -> str:
    date = f"{datetime.now(UTC):%Y-%m-%d}"
    return f"## Faults\n\nTried {date} on {_machine()}\n\n{faults.faults_table(found)}\n"


def _with_section(page: str, section: str) -> str:
    """The page with this section, in the place of a former one or before that of the lessons."""
    title = section.splitlines()[0]
    before, former, after = page.partition(f"{title}\n")
    if not former:
        before, former, after = page.partition("## Lessons\n")
        return f"{before}{section}\n{former}{after}"
    _, head, after = after.partition("\n## ")
    return f"{before}{section}{head}{after}"


def _machine() -> str:
    memory = psutil.virtual_memory().total / 2**30
    load = os.getloadavg()[1]
    return (
        f"{os.cpu_count()} cores, {memory:.0f} GiB memory, {platform.system()} "
        f"{platform.machine()}, Python {platform.python_version()}; load of the machine over the "
        f"last five minutes, this benchmark included: {load:.1f}."
    )


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
