"""Whose PostgreSQL the lab takes, as which user it runs, and what it creates."""

import asyncio
import os
import stat
from pathlib import Path

import psycopg2
import pytest

from include.lab import postgres as module
from include.lab.postgres import OWNERS, create_databases, data_folder
from include.lab.settings import Lab, LabError
from include.lab.supervisor import Supervisor
from tests.lessons import query


def binaries(folder: Path, version: str) -> Path:
    """A folder with a `postgres` that says this version."""
    folder.mkdir(parents=True)
    for name in ("postgres", "initdb"):
        (folder / name).write_text(f"#!/bin/sh\necho '{name} (PostgreSQL) {version}'\n")
        (folder / name).chmod(0o755)
    return folder


def cluster(data: Path, version: str, databases: int = 3) -> Path:
    """A folder as `initdb` leaves it, or, with fewer databases, as a killed one does."""
    for number in range(databases):
        (data / "base" / str(number)).mkdir(parents=True)
    (data / "PG_VERSION").write_text(version)
    return data


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Lab:
    """A lab on a machine without any PostgreSQL."""
    monkeypatch.setenv("PATH", "")
    monkeypatch.delenv("LAB_PG_BIN", raising=False)
    monkeypatch.setattr(module, "SUPPORTED", [90, 91])
    return Lab(home=tmp_path / "lab", root=tmp_path / "checkout")


def test_the_users_own_choice_comes_first(
    here: Lab, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    """$LAB_PG_BIN, then the PATH, then the wheel."""
    wheel = binaries(
        here.root / ".lab/venv/lib/python3.11/site-packages/a_pgserver/pginstall91/bin", "91.1"
    )
    data = tmp_path / "data"
    assert module._find_binaries(here, data) == wheel

    on_path = binaries(tmp_path / "path", "90.2")
    monkeypatch.setenv("PATH", str(on_path))
    assert module._find_binaries(here, data) == on_path

    chosen = binaries(tmp_path / "chosen", "91.3")
    monkeypatch.setenv("LAB_PG_BIN", str(chosen))
    assert module._find_binaries(here, data) == chosen


def test_a_version_that_airflow_does_not_know_is_passed_over(
    here: Lab, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    """The next one that fits is taken."""
    monkeypatch.setenv("PATH", str(binaries(tmp_path / "old", "9.6")))
    monkeypatch.setenv("LAB_PG_BIN", str(binaries(tmp_path / "unreadable", "devel")))

    with pytest.raises(LabError, match="No PostgreSQL 90 to 91 is here: install one"):
        module._find_binaries(here, tmp_path / "data")


def test_existing_data_decides_the_version(
    here: Lab, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    """A cluster can only be opened by the version that made it."""
    data = cluster(tmp_path / "data", "90\n")
    monkeypatch.setenv("LAB_PG_BIN", str(binaries(tmp_path / "newer", "91.0")))
    same = binaries(tmp_path / "same", "90.9")

    with pytest.raises(LabError, match=r"of PostgreSQL 90, which is no longer here.*make reset"):
        module._find_binaries(here, data)
    monkeypatch.setenv("PATH", str(same))
    assert module._find_binaries(here, data) == same


def test_binaries_that_the_server_cannot_reach_are_copied(tmp_path: Path):
    """With the libraries beside them, which they find by a relative path."""
    packages = tmp_path / "closed" / "site-packages"
    found = binaries(packages / "pgserver/pginstall/bin", "18.1")
    (packages / "pgserver.libs").mkdir()
    (packages / "pgserver.libs/libpq.so").touch()
    (tmp_path / "closed").chmod(0o700)
    data = tmp_path / "postgres"

    for _ in range(2):
        copied = module._reachable(found, data, "nobody")

    assert copied == tmp_path / "bin/pgserver/pginstall/bin"
    assert (copied / "initdb").exists()
    assert (copied / "../../../pgserver.libs/libpq.so").resolve().exists()


def test_binaries_that_can_be_reached_stay_where_they_are(tmp_path: Path):
    """Nothing is copied for a user who runs the server himself."""
    assert module._reachable(tmp_path, tmp_path, None) == tmp_path


def test_data_lies_in_the_lab(place: Lab, monkeypatch: pytest.MonkeyPatch):
    """Unless root runs it where the server's own user may not enter."""
    monkeypatch.setattr(module, "_server_user", lambda: None)
    assert data_folder(place) == place.home / "postgres"

    monkeypatch.setattr(module, "_server_user", lambda: "nobody")
    place.home.chmod(0o700)
    outside = data_folder(place)
    assert outside.parent.parent == Path("/var/tmp")
    assert outside == data_folder(place)


def test_a_cluster_that_cannot_be_created_leaves_nothing(
    place: Lab, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    """The reason is told, and a half-made folder does not stand in the way of the next try."""
    failing = binaries(tmp_path / "bin", "18.1")
    (failing / "initdb").write_text("#!/bin/sh\necho 'no space left' >&2\nexit 1\n")
    data = tmp_path / "data"

    with pytest.raises(LabError, match=r"could not create its data folder .*: no space left"):
        module._create_cluster(place, failing, data, None)

    assert not data.exists()
    assert not (tmp_path / "postgres.password").exists()


def test_a_version_that_cannot_be_read_is_one_sentence(here: Lab, tmp_path: Path):
    """It names the file, and the way out."""
    with pytest.raises(LabError, match=r"is broken \(see PG_VERSION\): start anew, `make reset`"):
        module._find_binaries(here, cluster(tmp_path / "data", ""))


@pytest.mark.faults
@pytest.mark.parametrize("left", ["data", "data.123.part"])
def test_a_cluster_that_was_half_made_is_made_anew(place: Lab, tmp_path: Path, left: str):
    """A start that was killed amid it, today or with a former version, repairs itself."""
    working = binaries(tmp_path / "bin", "18.1")
    made = 'while [ "$1" != -D ]; do shift; done; mkdir -p "$2/base/1" "$2/base/4" "$2/base/5"\n'
    (working / "initdb").write_text(f"#!/bin/sh\n{made}")
    half = cluster(tmp_path / left, "18\n", databases=1)
    (half / "global").mkdir()
    (tmp_path / "postgres.password").write_text("left behind")
    data = tmp_path / "data"

    module._create_cluster(place, working, data, None)

    assert sorted(path.name for path in data.rglob("*")) == ["1", "4", "5", "base"]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["bin", "data", "home"]


def test_a_whole_cluster_is_left_alone(place: Lab, tmp_path: Path):
    """Nothing is run, nothing is deleted."""
    data = cluster(tmp_path / "data", "18\n")

    module._create_cluster(place, tmp_path / "no binaries", data, None)

    assert (data / "PG_VERSION").exists()


@pytest.mark.faults
def test_the_servers_user_enters_whatever_the_umask(tmp_path: Path):
    """A folder of root's that only root may enter is of no use to the server."""
    before = os.umask(0o077)
    try:
        module._make_own(tmp_path / "own")
    finally:
        os.umask(before)

    assert stat.S_IMODE((tmp_path / "own").stat().st_mode) == 0o755


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may make a folder somebody else's")
def test_a_folder_that_somebody_else_made_is_refused(tmp_path: Path):
    """What lies in it would be run as root."""
    theirs, link = tmp_path / "theirs", tmp_path / "link"
    theirs.mkdir()
    link.symlink_to(tmp_path)
    module.shutil.chown(theirs, "nobody")

    for folder in (theirs, link):
        with pytest.raises(LabError, match=f"{folder} belongs to another user"):
            module._make_own(folder)


def test_copied_binaries_can_be_run_whatever_the_umask(tmp_path: Path):
    """An environment that was installed for its owner alone is copied for the server's user."""
    packages = tmp_path / "closed" / "site-packages"
    found = binaries(packages / "pgserver/pginstall/bin", "18.1")
    for path in (tmp_path / "closed", *packages.rglob("*")):
        path.chmod(0o700)

    copied = module._reachable(found, tmp_path / "postgres", "nobody")

    assert {stat.S_IMODE(path.stat().st_mode) & 0o055 for path in copied.rglob("*")} == {0o055}


def test_for_a_new_cluster_nothing_has_been_done_yet(place: Lab, tmp_path: Path):
    """A job that filled the former cluster has to fill the new one too."""
    working = binaries(tmp_path / "bin", "18.1")
    (working / "initdb").write_text("#!/bin/sh\n")
    (place.home / "metadata.done").write_text("fingerprint")

    module._create_cluster(place, working, tmp_path / "data", None)

    assert not (place.home / "metadata.done").exists()


def test_secrets_of_another_lab_are_one_sentence(place: Lab, monkeypatch: pytest.MonkeyPatch):
    """Their file was deleted, and a new one made: the server lets nobody in."""

    def refuse(lab: Lab) -> None:
        raise psycopg2.OperationalError('FATAL:  password authentication failed for "postgres"')

    monkeypatch.setattr(module, "create_databases", refuse)

    with pytest.raises(SystemExit, match=r"secrets.json is not the one .* `make reset`\."):
        module.main()


@pytest.mark.lab
def test_a_real_server_starts_and_stops(place: Lab):
    """A new cluster is created, accepts connections, gets its databases, and keeps them."""
    found: list[dict[str, str]] = []

    def fill() -> None:
        create_databases(place)
        found.append(databases(place))
        supervisor.stop()

    try:
        for _ in range(2):
            supervisor = Supervisor(place, [module.postgres(place)], lambda line: None)
            asyncio.run(supervisor.run(fill))
            process = supervisor.running["postgres"].process
            assert process
            assert process.poll() == 0
    finally:
        if data_folder(place).is_relative_to("/var/tmp"):
            module.shutil.rmtree(data_folder(place).parent)

    assert found == [{name: name for name in module.OWNERS}] * 2


def databases(place: Lab) -> dict[str, str]:
    """Each database and its owner."""
    import psycopg2

    connection = psycopg2.connect(
        host="127.0.0.1",
        port=place.port("postgres"),
        dbname="warehouse",
        user="warehouse",
        password=place.secrets["warehouse_password"],
    )
    with connection, connection.cursor() as cursor:
        cursor.execute(
            "SELECT datname, rolname FROM pg_database JOIN pg_roles ON datdba = pg_roles.oid "
            "WHERE datname = ANY(%s)",
            [[*OWNERS]],
        )
        found = dict(cursor.fetchall())
    connection.close()
    return found


def test_the_databases_are_not_open_to_all(lab: Lab):
    """Who knows only the warehouse's password does not get into Airflow's database."""
    (allowed,) = query("SELECT has_database_privilege('warehouse', 'airflow', 'CONNECT')")
    assert allowed == (False,)


def test_the_server_does_not_run_as_root():
    """PostgreSQL would refuse."""
    assert (module._server_user() == "nobody") is (os.geteuid() == 0)
