"""How lessons are read: what each takes, and what it does beyond declaring a Dag.

Run as a process of its own, it loads what Airflow's Dag processor has loaded before it reads a file
and then forks for each reading, so that every one of them is cold and none pays for another.
"""

import ast
import importlib
import json
import os
import pickle
import subprocess
import sys
import tempfile
import time
import warnings
from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict, dataclass, replace
from importlib.resources import files as files_of
from pathlib import Path
from typing import Any

from include.curriculum import syllabus

ROOT = Path(__file__).resolve().parents[2]
OURS = tuple(f"{ROOT / room}{os.sep}" for room in ("dags", "plugins", "include"))
HEAVY = {
    *("boto3", "feast", "great_expectations", "mlflow", "numpy"),
    *("pandas", "pyarrow", "scipy", "sklearn"),
}
LOADED_BEFORE = ("airflow.sdk", "airflow.dag_processing.dagbag")
EMPTY_DAG = """\
from airflow.sdk import dag, task


@dag(schedule=None)
def empty_{0}():
    @task
    def nothing():
        pass

    for _ in range({1}):
        nothing()


empty_{0}()
"""


@dataclass(frozen=True)
class Reading:
    """What came of reading one file alone, cold.

    `reached` names what it touched beyond its own declarations: the network, a database, a
    Connection, a Variable, a file that it wrote. `heavy` are the heavy modules that are loaded
    afterwards, without those that Airflow and the providers bring which the file imports.
    """

    seconds: float
    dag_ids: list[str]
    errors: list[str]
    deprecations: list[str]
    reached: list[str]
    heavy: list[str]


@dataclass(frozen=True)
class Folders:
    """Seconds to read all lessons cold and again, and what they are compared with.

    `lessons` and `examples` are how many files there are of ours, and of Airflow's own examples. A
    hollow Dag has as many tasks as the one it is compared with, and they do nothing.
    """

    lessons_cold: float
    lessons_warm: float
    examples_cold: float
    examples_warm: float
    hollow_warm: float
    lessons: int
    examples: int

    @property
    def cold_ratio(self) -> float:
        """A lesson's file read cold, against a file of Airflow's own examples."""
        return (self.lessons_cold / self.lessons) / (self.examples_cold / self.examples)

    @property
    def hollow_ratio(self) -> float:
        """All lessons again, against Dags of as many tasks that do nothing."""
        return self.lessons_warm / self.hollow_warm


def read_alone(others: Iterable[Path] = ()) -> dict[Path, Reading]:
    """Read every lesson, and `others`, each alone and cold."""
    return _readings(_in_own_process("alone", *map(str, others)))


def read_all() -> tuple[dict[Path, Reading], Folders]:
    """Read every lesson alone; then all lessons together, and Airflow's examples.

    All in one process, because each start of Airflow costs seconds.
    """
    answer = _in_own_process("all")
    return _readings(answer), Folders(**answer["folders"])


def _readings(answer: Any) -> dict[Path, Reading]:
    return {Path(name): Reading(**facts) for name, facts in answer["alone"].items()}


def _in_own_process(*arguments: str) -> Any:
    with tempfile.TemporaryDirectory() as home:
        done = subprocess.run(
            [sys.executable, "-m", "tests.bench.parsing", *arguments],
            env={
                **{k: v for k, v in os.environ.items() if not k.startswith("AIRFLOW")},
                "PYTHONPATH": str(ROOT),
                "AIRFLOW_HOME": home,
                "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
                "AIRFLOW__CORE__PLUGINS_FOLDER": str(ROOT / "plugins"),
                "AIRFLOW__LOGGING__LOGGING_LEVEL": "CRITICAL",
            },
            stdout=subprocess.PIPE,
            cwd=ROOT,
            check=True,
        )
        return json.loads(done.stdout.splitlines()[-1])


def main(what: str, *others: str) -> dict[str, Any]:
    """Measure in this process, `alone` or `all`; return what the caller decodes."""
    for module in LOADED_BEFORE:
        importlib.import_module(module)

    built = [ROOT / lesson.file for lesson in syllabus.load().lessons if lesson.built()]
    readings = {file: _alone(file) for file in (*built, *map(Path, others))}
    alone = {str(file): asdict(reading) for file, reading in readings.items()}
    return {"alone": alone, **({"folders": asdict(_folders())} if what == "all" else {})}


def _alone(file: Path) -> Reading:
    reading: Reading = _forked(lambda: _read(file))
    if not reading.heavy:
        return reading
    brought = _forked(lambda: _brought_by_airflow(file))
    return replace(reading, heavy=sorted(set(reading.heavy) - brought))


def _folders() -> Folders:
    examples = Path(str(files_of("airflow.example_dags")))
    sizes = _forked(lambda: [len(dag.tasks) for dag in _bag(ROOT / "dags").dags.values()])
    lessons = _forked(lambda: _read_folder(ROOT / "dags"))
    files = len([*(ROOT / "dags").glob("phase*/[0-9][0-9]_*.py")])
    number = len([*examples.glob("*.py")]) - 1  # all but __init__.py
    examples_read = _forked(lambda: _read_folder(examples))
    return Folders(*lessons, *examples_read, _read_dags(sizes), files, number)


def _read_dags(sizes: list[int]) -> float:
    """Seconds to read again a Dag of each size, one in a file."""
    with tempfile.TemporaryDirectory() as folder:
        for number, tasks in enumerate(sizes):
            (Path(folder) / f"empty_{number}.py").write_text(EMPTY_DAG.format(number, tasks))
        _, again = _forked(lambda: _read_folder(Path(folder)))
    return again


def _read_folder(folder: Path) -> tuple[float, float]:
    """Seconds for the first reading, and for the fastest of ten more: others' work slows some."""
    cold, *warm = (_seconds(lambda: _bag(folder))[0] for _ in range(11))
    return cold, min(warm)


def _seconds(work: Callable[[], Any]) -> tuple[float, Any]:
    """The processor's time for `work`, which others' work changes least, and its result."""
    began = time.process_time()
    result = work()
    return time.process_time() - began, result


def _bag(path: Path) -> Any:
    from airflow.dag_processing.dagbag import DagBag

    return DagBag(dag_folder=path)


def _read(file: Path) -> Reading:
    warnings.simplefilter("always")
    reached: list[str] = []
    _guard(reached)
    seconds, bag = _seconds(lambda: _bag(file))
    said = bag.captured_warnings.get(str(file), ())
    return Reading(
        seconds,
        sorted(bag.dags),
        list(bag.import_errors.values()),
        [line for line in said if line.startswith((*OURS, str(file))) and "Deprecat" in line],
        reached,
        sorted(HEAVY & sys.modules.keys()),
    )


def _brought_by_airflow(file: Path) -> set[str]:
    """The heavy modules that come with the parts of Airflow which the file needs at its top."""
    for module in _airflow_modules(file):
        importlib.import_module(module)
    return HEAVY & sys.modules.keys()


def _airflow_modules(file: Path) -> Iterator[str]:
    """What the file, and what it imports of ours, import of Airflow at the top."""
    for node in ast.parse(file.read_text()).body:
        if not isinstance(node, ast.ImportFrom):
            continue
        room, *_ = module = str(node.module).split(".")
        if room == "airflow":
            yield str(node.module)
        elif room == "plugins" and (ours := ROOT.joinpath(*module).with_suffix(".py")).is_file():
            yield from _airflow_modules(ours)


def _guard(reached: list[str]) -> None:
    """Refuse, and note, what a file may not do while it is read."""
    from airflow.models import connection, variable
    from airflow.sdk.execution_time import context

    def refuse(what: str) -> Callable[..., Any]:
        def refused(*_: Any, **__: Any) -> Any:
            reached.append(what)
            raise PermissionError(f"while a lesson is read, {what} is out of reach")

        return refused

    context._get_connection = refuse("a Connection")
    context._get_variable = refuse("a Variable")
    connection.Connection.get_connection_from_secrets = refuse("a Connection")
    variable.Variable.get = refuse("a Variable")
    refusals = {
        "socket.connect": refuse("the network"),
        "socket.getaddrinfo": refuse("the network"),
        "sqlite3.connect": refuse("a database"),
    }

    def watch(event: str, arguments: tuple[Any, ...]) -> None:
        if event in refusals:
            refusals[event]()
        if event == "open" and _writes(*arguments):
            reached.append(f"a file that it writes ({arguments[0]})")

    sys.addaudithook(watch)


def _writes(path: object, mode: object, flags: int) -> bool:
    changing = flags & (os.O_WRONLY | os.O_RDWR | os.O_CREAT)
    return bool(changing) and isinstance(path, str) and "__pycache__" not in path


def _forked(measure: Callable[[], Any]) -> Any:
    """What `measure` returns in a copy of this process."""
    reader, writer = os.pipe()
    pid = os.fork()
    if pid == 0:
        os.close(reader)
        with os.fdopen(writer, "wb") as pipe:
            pickle.dump(measure(), pipe)
        os._exit(0)
    os.close(writer)
    with os.fdopen(reader, "rb") as pipe:
        answer = pipe.read()
    os.waitpid(pid, 0)
    if not answer:
        raise RuntimeError("the process that read the files ended without an answer")
    return pickle.loads(answer)


if __name__ == "__main__":
    sys.stdout.write(f"\n{json.dumps(main(*sys.argv[1:]))}\n")
