"""Airflow's metadata is brought to where the lessons need it, and what a person changed is kept."""

from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from include.configuration import metadata as facts_of
from include.configuration.reader import ConfigurationError
from plugins.setup import metadata
from tests.conftest import LAB

FACTS: dict[str, dict[str, Any]] = {
    "connection proof": {
        "description": "A connection",
        "conn_type": "postgres",
        "host": "db.example",
        "port": 5432,
        "schema": "shop",
        "login": "lab",
        "password": "s3cret",
        "extra": {"sslmode": "disable"},
    },
    "variable proof": {"description": "A variable", "val": '{"a": 1}'},
    "pool proof": {"description": "A pool", "slots": 2},
}


@pytest.fixture
def remembered(database: None, tmp_path: Path) -> Iterator[Path]:
    """Where the digests of the last seeding lie; the objects are deleted afterwards."""
    yield tmp_path / "airflow" / "seeded.json"
    from airflow.models.connection import Connection
    from airflow.models.pool import Pool
    from airflow.models.variable import Variable
    from airflow.utils.session import create_session
    from sqlalchemy import delete

    with create_session() as session:
        session.execute(delete(Connection).where(Connection.conn_id == "proof"))
        session.execute(delete(Variable).where(Variable.key == "proof"))
        session.execute(delete(Pool).where(Pool.pool == "proof"))


def stored(name: str) -> dict[str, Any] | None:
    kind, key = name.split(" ")
    read, _ = metadata._STORES[kind]
    return read(key)


def changed(name: str) -> dict[str, Any]:
    return {**FACTS[name], "description": "Another"}


def by_hand(name: str) -> None:
    """Change the object as a person would in the UI."""
    kind, key = name.split(" ")
    _, write = metadata._STORES[kind]
    write(key, changed(name))


@pytest.mark.parametrize("name", FACTS)
def test_what_is_missing_is_created(remembered: Path, name: str):
    """Every field is stored, and the second time nothing is left to do."""
    for _ in range(2):
        assert metadata.seed({name: FACTS[name]}, remembered) == []
        assert stored(name) == FACTS[name]


@pytest.mark.parametrize("name", FACTS)
def test_what_changed_in_the_file_is_updated(remembered: Path, name: str):
    """An object that nobody touched follows its file."""
    metadata.seed({name: FACTS[name]}, remembered)

    assert metadata.seed({name: changed(name)}, remembered) == []
    assert stored(name) == changed(name)


@pytest.mark.parametrize("name", FACTS)
def test_what_a_person_changed_is_kept(remembered: Path, name: str):
    """And is named, also when its file changes later."""
    metadata.seed({name: FACTS[name]}, remembered)
    by_hand(name)

    for wanted in (FACTS[name], {**FACTS[name], "description": "A third"}):
        assert metadata.seed({name: wanted}, remembered) == [name]
        assert stored(name) == changed(name)


@pytest.mark.parametrize("name", FACTS)
def test_what_was_there_before_is_not_ours(remembered: Path, name: str):
    """An object of the same name that we did not make is left alone."""
    by_hand(name)

    assert metadata.seed({name: FACTS[name]}, remembered) == [name]
    assert stored(name) == changed(name)


def test_what_a_person_made_the_same_follows_the_file_again(remembered: Path):
    """Undoing a change by hand is enough."""
    name = "pool proof"
    metadata.seed({name: FACTS[name]}, remembered)
    by_hand(name)
    metadata.seed({name: FACTS[name]}, remembered)

    assert metadata.seed({name: changed(name)}, remembered) == []
    assert metadata.seed({name: FACTS[name]}, remembered) == []
    assert stored(name) == FACTS[name]


def test_the_real_objects_are_seeded_once(database: None, tmp_path: Path):
    """What configs/ holds is in the database, and a second seeding finds it unchanged."""
    objects = metadata.objects()

    assert metadata.seed(objects, tmp_path / "seeded.json") == []
    assert {name: stored(name) for name in objects} == objects


def test_the_digests_give_no_secret_away(remembered: Path):
    """The file that remembers holds no password."""
    metadata.seed(FACTS, remembered)
    assert "s3cret" not in remembered.read_text()


@pytest.mark.parametrize("file", ["connections", "variables", "pools", "roles"])
def test_a_mistake_is_told_before_the_database_is_touched(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, file: str
):
    """File, line and key are named, and nothing has been migrated or written."""
    (tmp_path / f"{file}.toml").write_text(f'[{file[:-1]}.proof]\ncolour = "red"\n')
    real = getattr(facts_of, file)
    monkeypatch.setattr(facts_of, file, lambda: real(folder=tmp_path))
    monkeypatch.setattr("airflow.utils.db.initdb", lambda: pytest.fail("the database is touched"))

    with pytest.raises(ConfigurationError, match=rf"{file}\.toml:2: {file[:-1]}\.proof\.colour"):
        metadata.main(["admin", "password"])


def role(manager: Any, name: str) -> set[tuple[str, str]]:
    found = manager.find_role(name).permissions
    return {(one.action.name, one.resource.name) for one in found}


@pytest.mark.filterwarnings("ignore::UserWarning", "ignore::DeprecationWarning")
def test_all_of_it_twice(database: None, monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    """Login and roles are there; permissions follow the file, the admin's password is kept."""
    from airflow.providers.fab.auth_manager.cli_commands.utils import get_application_builder
    from werkzeug.security import check_password_hash

    def wanted(*permissions: tuple[str, str]) -> None:
        # Airflow itself lets every role see its first page.
        team = SimpleNamespace(permissions=[*permissions, ("can_read", "Website")], login=None)
        robot = SimpleNamespace(permissions=[("can_read", "DAGs")], login="airflow_api")
        roles = {"proof_team": team, "pipeline": robot}
        monkeypatch.setattr(facts_of, "roles", lambda: roles)

    monkeypatch.setattr(metadata, "objects", lambda: {})
    monkeypatch.setenv("AIRFLOW_HOME", str(tmp_path))
    wanted(("can_read", "DAGs"), ("can_read", "Pools"))
    metadata.main(["proof_admin", "first"])
    wanted(("can_read", "DAGs"), ("can_edit", "Pools"))
    metadata.main(["proof_admin", "second"])

    with get_application_builder() as builder:
        manager = builder.sm
        assert role(manager, "proof_team") == {
            *(("can_read", "DAGs"), ("can_edit", "Pools"), ("can_read", "Website"))
        }
        assert [one.name for one in manager.find_user("proof_admin").roles] == ["Admin"]
        assert check_password_hash(manager.find_user("proof_admin").password, "first")
        assert [one.name for one in manager.find_user("pipeline").roles] == ["pipeline"]


def test_what_was_kept_is_said(
    remembered: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    """The lab's log names what it did not change."""
    monkeypatch.setenv("AIRFLOW_HOME", str(remembered.parent))
    monkeypatch.setattr(metadata, "objects", lambda: {"pool proof": FACTS["pool proof"]})
    monkeypatch.setattr(metadata, "create_access", lambda *_: None)
    by_hand("pool proof")

    metadata.main(["admin", "password"])

    assert capsys.readouterr().out.endswith("kept pool proof as it was changed by hand\n")


def test_the_lab_these_tests_describe_is_their_own():
    """No test reaches the lab of the person who runs it."""
    assert LAB.home != LAB.root / ".lab"
