"""Imports go dags -> plugins -> include and never back, wherever in a file they stand."""

import ast

import pytest

from tests.rooms.sources import ROOT, Source, imported, sources

BELOW = {"dags": {"plugins", "include"}, "plugins": {"plugins", "include"}, "include": {"include"}}
ROOMS = {"dags", "plugins", "include", "tests", "exercises"}
DATABASE = {
    "airflow.settings",
    "airflow.utils.db",
    "airflow.utils.session.create_session",
    "airflow.utils.session.provide_session",
}
FOR_TASKS = (
    "dags",
    "include",
    *(f"plugins/{kind}" for kind in ("operators", "sensors", "hooks", "notifiers")),
)


def room_of(module: str) -> str:
    return module.partition(".")[0]


@pytest.mark.parametrize("room", sorted(BELOW))
def test_a_room_imports_only_what_is_below_it(room: str):
    """No file reaches up to a room above it, or over to another lesson."""
    wrong = [
        f"{source.path} imports {module}"
        for source in sources(room)
        for module in imported(source)
        if room_of(module) in ROOMS - BELOW[room]
    ]
    assert not wrong


def test_include_knows_no_airflow():
    """What the shop knows is usable, and tested, without Airflow."""
    wrong = [
        f"{source.path} imports {module}"
        for source in sources("include")
        for module in imported(source)
        if room_of(module) == "airflow"
    ]
    assert not wrong


def test_an_import_path_is_a_file_path():
    """`plugins.operators.x` and never `operators.x`, which would be a second module."""
    kinds = {folder.name for room in ("plugins", "include") for folder in (ROOT / room).iterdir()}
    wrong = [
        f"{source.path} imports {module}"
        for source in sources("dags", "plugins", "include")
        for module in imported(source)
        if room_of(module) in kinds - {"__pycache__"} or module.startswith("None.")
    ]
    assert not wrong


def test_tasks_have_no_way_to_the_metadata_database():
    """`dag.test()` would let them, a worker refuses: what runs in a task uses no session."""
    wrong = [
        f"{source.path} imports {module}"
        for source in sources(*FOR_TASKS)
        for module in imported(source)
        if any(f"{module}.".startswith(f"{private}.") for private in DATABASE)
    ]
    assert not wrong


@pytest.mark.parametrize(
    ("line", "module"),
    [
        ("import dags.phase1", "dags.phase1"),
        ("from dags import phase1", "dags.phase1"),
        ("def f():\n    from plugins.hooks.x import X", "plugins.hooks.x.X"),
        ("if True:\n    import airflow", "airflow"),
        ("import importlib\nimportlib.import_module('dags.phase1.01_x')", "dags.phase1.01_x"),
        ("from . import x", "None.x"),
    ],
)
def test_every_way_to_import_is_seen(line: str, module: str):
    """The walk over a file finds an import in any of its forms and places."""
    assert module in [*imported(Source("x.py", ast.parse(line)))]


def test_airflow_imports_no_plugin_by_its_bare_name():
    """Airflow imports every file below `plugins/` that is not ignored: one alone, on top."""
    ignored = (ROOT / "plugins/.airflowignore").read_text().splitlines()
    on_top = [path.name for path in (ROOT / "plugins").glob("*.py") if path.name != "__init__.py"]

    assert "*/" in ignored
    assert len(on_top) <= 1
