"""The libraries of the tasks: imported once, before the processes of the tasks are forked."""

import json
import logging
import multiprocessing
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[3]
LOADS = """
import importlib, json, sys
from plugins.executors.warm_local import PRELOADED
mine = set(sys.modules)
for name in PRELOADED:
    importlib.import_module(name)
print(json.dumps(sorted(set(sys.modules) - mine)))
"""


@pytest.fixture(scope="module")
def loaded(tmp_path_factory: Any) -> set[str]:
    """What a process has loaded after these imports."""
    home = {"AIRFLOW_HOME": str(tmp_path_factory.mktemp("airflow")), "PYTHONPATH": str(ROOT)}
    said = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", LOADS], capture_output=True, check=True, env=home
    )
    return set(json.loads(said.stdout.splitlines()[-1]))


@pytest.mark.slow
def test_each_can_be_imported_and_what_tasks_use_is_loaded(loaded: set[str]) -> None:
    """A wrong name would keep the scheduler from starting; one too few, and each task is slow."""
    assert loaded >= {"boto3", "pandas", "psycopg", "mlflow", "sklearn"}


@pytest.mark.slow
def test_nothing_of_the_project_is_loaded(loaded: set[str]) -> None:
    """What a person changes in `include` or `plugins` counts from the next task on."""
    assert {name for name in loaded if name.partition(".")[0] in {"include", "plugins"}} == set()


@pytest.mark.parametrize(("forks", "imported"), [(True, True), (False, False)])
def test_imports_before_it_forks_and_not_where_a_task_is_a_new_python(
    monkeypatch: pytest.MonkeyPatch, forks: bool, imported: bool
) -> None:
    """Before it is started, which is when it forks: what is imported later is lost with the task.

    The scheduler's first heartbeat lies between the two, and its next must not wait for imports.
    """
    from plugins.executors import warm_local

    done: list[str] = []
    monkeypatch.setattr(warm_local.importlib, "import_module", done.append)
    method = "fork" if forks else "spawn"
    monkeypatch.setattr(multiprocessing, "get_start_method", lambda: method)

    warm_local.WarmLocalExecutor(parallelism=1)

    assert done == list(warm_local.PRELOADED if imported else ())


def test_a_module_that_is_gone_stops_nothing(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """An upgrade may rename one: the others are imported, one warning names it."""
    from plugins.executors import warm_local

    monkeypatch.setattr(warm_local, "PRELOADED", ("no_such_module", "json.no_such", "json.tool"))
    monkeypatch.delitem(sys.modules, "json.tool", raising=False)

    warm_local.preload()

    assert "json.tool" in sys.modules
    (warning,) = caplog.messages
    assert "'no_such_module'" in warning
    assert "'json.no_such'" in warning


def test_an_import_that_fails_leaves_the_log_on(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever it raises."""
    from plugins.executors import warm_local

    def fail(name: str) -> None:
        raise ValueError(name)

    monkeypatch.setattr(warm_local.importlib, "import_module", fail)
    with pytest.raises(ValueError, match=r"skops\.io"):
        warm_local.preload()
    assert warm_local.log.isEnabledFor(logging.CRITICAL)
    assert logging.root.manager.disable == logging.NOTSET


DRAWS = """
import json, os, random
from airflow.executors import local_executor
from plugins.executors import warm_local

def draws():
    import numpy
    from sklearn.utils import check_random_state
    return [numpy.random.rand(), random.random(), check_random_state(None).rand()]

def run_worker(output, **_):
    # Two tasks, each a process of its own, as Airflow's worker forks them.
    for _ in range(2):
        if os.fork() == 0:
            output.put(draws())
            os._exit(0)
        os.wait()

local_executor._run_worker = run_worker
warm_local.PRELOADED = ("sklearn.utils",)
executor = warm_local.WarmLocalExecutor(parallelism=3)
executor.start()
print(json.dumps([executor.result_queue.get() for _ in range(6)]))
for worker in executor.workers.values():
    worker.join()
"""


@pytest.mark.slow
def test_no_two_tasks_draw_the_same_numbers(tmp_path: Path) -> None:
    """Six tasks of three workers: NumPy, Python and scikit-learn draw six numbers each."""
    home = {"AIRFLOW_HOME": str(tmp_path), "PYTHONPATH": str(ROOT)}
    said = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", DRAWS], capture_output=True, check=True, env=home
    )
    for drawn in zip(*json.loads(said.stdout.splitlines()[-1]), strict=True):
        assert len(set(drawn)) == 6


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux takes this advice")
def test_only_memory_that_whole_huge_pages_fit_into_is_advised() -> None:
    """Of this process's own, none of a file's; a large array lies in it."""
    import numpy

    from plugins.executors import warm_local

    large = numpy.ones(64 << 20, dtype="uint8")
    at = large.__array_interface__["data"][0]

    found = list(warm_local.own_memory())
    assert {part % warm_local.HUGE_PAGE for stretch in found for part in stretch} == {0}
    assert any(start <= at + (32 << 20) < end for start, end in found)
    warm_local.use_huge_pages()
    assert int(large.sum()) == 64 << 20
