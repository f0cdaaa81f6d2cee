"""PostgreSQL for the lab: whose binaries, as which user, in which folder, with which databases."""

import hashlib
import os
import shutil
import signal
import stat
import subprocess
import sys
from pathlib import Path
from typing import Any

from include.lab.service import Service, account
from include.lab.settings import HOST, Lab, LabError

SUPPORTED = range(14, 19)
"""Major versions that Airflow 3.3 is tested with."""

OWNERS = {
    "airflow": "airflow_password",
    "warehouse": "warehouse_password",
    "mlflow": "mlflow_password",
}
"""Each database is owned by the role of its own name; the value names the role's secret."""

TENANTS = {"tenant_north": "tenant_north_password", "tenant_south": "tenant_south_password"}
"""Roles that may enter the warehouse, and see there what they are given; they own nothing."""

GUESTS = {**TENANTS, "analyst": "analyst_password"}
"""All who may enter; the analyst's access is what 17.03 reviews."""

VAULT_ADMIN, READER, READERS = "vault_admin", "shop_reader", "shop_readers"
"""The vault's own login, the user whose password it changes, and the group of all who may read."""


def postgres(lab: Lab) -> Service:
    """Describe the lab's PostgreSQL server.

    Raises:
        LabError: no PostgreSQL is to be found.
    """
    user = _server_user()
    data = data_folder(lab)
    if data.parent != lab.home:
        _make_own(data.parent)
    binaries = _reachable(_find_binaries(lab, data), data, user)
    port = lab.port("postgres")
    return Service(
        "postgres",
        # The empty socket folder keeps it to TCP: socket paths have a length limit.
        (
            *(str(binaries / "postgres"), "-D", str(data), "-h", HOST, "-p", str(port)),
            *("-c", "unix_socket_directories=", "-c", "max_connections=200"),
        ),
        "Airflow's metadata and the shop's warehouse",
        ready=lambda: _accepts(binaries, port),
        ports=(port,),
        address=f"postgresql://{HOST}:{port}/warehouse",
        prepare=lambda: _create_cluster(lab, binaries, data, user),
        stop_signal=signal.SIGINT,
        user=user,
        folder=Path("/"),
    )


def databases(lab: Lab) -> Service:
    """Describe the job that creates the databases and their owners."""
    return Service(
        "databases",
        (str(lab.root / ".venv/bin/python"), "-m", "include.lab.postgres"),
        f"the databases {', '.join(OWNERS)}, each with its own role",
        after=("postgres",),
        environment=lab.environment,
        folder=lab.root,
        job=True,
    )


def create_databases(lab: Lab) -> None:
    """Create the roles and the databases that are missing."""
    import psycopg2
    from psycopg2 import sql

    connection = psycopg2.connect(
        host=lab.host("postgres"),
        port=lab.port("postgres"),
        user="postgres",
        password=lab.secrets["postgres_password"],
        dbname="postgres",
    )
    connection.autocommit = True
    with connection.cursor() as cursor:
        for name, secret in {**OWNERS, **GUESTS}.items():
            owner, password = sql.Identifier(name), sql.Literal(lab.secrets[secret])
            cursor.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [name])
            verb = sql.SQL("ALTER" if cursor.fetchone() else "CREATE")
            cursor.execute(sql.SQL("{} ROLE {} LOGIN PASSWORD {}").format(verb, owner, password))
        for name in OWNERS:
            owner = sql.Identifier(name)
            cursor.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name])
            if not cursor.fetchone():
                cursor.execute(sql.SQL("CREATE DATABASE {0} OWNER {0}").format(owner))
                cursor.execute(sql.SQL("REVOKE ALL ON DATABASE {} FROM PUBLIC").format(owner))
        for name in GUESTS:
            grant = sql.SQL("GRANT CONNECT ON DATABASE warehouse TO {}")
            cursor.execute(grant.format(sql.Identifier(name)))
        _create_readers(cursor, lab.secrets["vault_database_password"])
    connection.close()


def _create_readers(cursor: Any, password: str) -> None:
    """Create who may read the warehouse, and the vault's login that may change and add such users.

    The reader has no password, so nobody can be it until the vault has given it one.
    """
    from psycopg2 import sql

    for name in (READERS, READER, VAULT_ADMIN):
        cursor.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [name])
        if not cursor.fetchone():
            cursor.execute(sql.SQL("CREATE ROLE {}").format(sql.Identifier(name)))
    admin = sql.SQL("ALTER ROLE {} LOGIN CREATEROLE PASSWORD {}")
    cursor.execute(admin.format(sql.Identifier(VAULT_ADMIN), sql.Literal(password)))
    cursor.execute(
        f"ALTER ROLE {READER} LOGIN; "
        f"GRANT pg_read_all_data TO {READERS}; "
        f"GRANT CONNECT ON DATABASE warehouse TO {READERS}, {VAULT_ADMIN}; "
        f"GRANT {READERS} TO {READER}; "
        f"GRANT {READERS}, {READER} TO {VAULT_ADMIN} WITH ADMIN OPTION"
    )


def data_folder(lab: Lab) -> Path:
    """Where the cluster lies: in the lab, or outside where the server's user cannot enter that."""
    inside = lab.home / "postgres"
    user = _server_user()
    if user is None or _can_enter(lab.home):
        return inside
    mark = hashlib.sha256(str(lab.home).encode()).hexdigest()[:12]
    return Path("/var/tmp") / f"airflow-curriculum-{mark}" / "postgres"


def _make_own(folder: Path) -> None:
    """Make a folder where every user may make one; what is run and kept in it has to be ours.

    Raises:
        LabError: somebody else made it first.
    """
    folder.mkdir(exist_ok=True)
    facts = folder.lstat()
    if not stat.S_ISDIR(facts.st_mode) or facts.st_uid != os.geteuid():
        raise LabError(
            f"{folder} belongs to another user, so the lab would run what that user put there: "
            "delete it, and find out who made it."
        )
    # The server's user has to enter it, whatever the umask says, and nobody else to write to it.
    folder.chmod(0o755)


def _server_user() -> str | None:
    """The user to run as: PostgreSQL refuses to run as root."""
    return "nobody" if os.geteuid() == 0 else None


def _can_enter(folder: Path) -> bool:
    """Whether any user may enter ``folder``, as far as it exists."""
    ways = [folder, *folder.parents]
    return all(way.stat().st_mode & stat.S_IXOTH for way in ways if way.exists())


def _find_binaries(lab: Lab, data: Path) -> Path:
    candidates = [
        *([Path(os.environ["LAB_PG_BIN"])] if os.environ.get("LAB_PG_BIN") else []),
        *([Path(found).resolve().parent] if (found := shutil.which("postgres")) else []),
        *(Path(f"/usr/lib/postgresql/{version}/bin") for version in reversed(SUPPORTED)),
        *(lab.root / ".lab/venv").glob("lib/python3*/site-packages/*pgserver/pginstall*/bin"),
    ]
    written = _version_of(data) if _is_whole(data) else 0
    wanted = [written] if written else SUPPORTED
    for folder in candidates:
        if (folder / "initdb").exists() and _major_version(folder) in wanted:
            return folder
    if written:
        raise LabError(
            f"The data in {data} is of PostgreSQL {written}, which is no longer here: set "
            f"LAB_PG_BIN to the folder of its `postgres`, or start anew with `make reset`."
        )
    raise LabError(
        f"No PostgreSQL {SUPPORTED[0]} to {SUPPORTED[-1]} is here: install one with your package "
        "manager, or set LAB_PG_BIN to the folder that holds `postgres` and `initdb`."
    )


def _major_version(binaries: Path) -> int:
    command = [str(binaries / "postgres"), "--version"]
    said = subprocess.run(command, capture_output=True, text=True, check=False).stdout
    number = said.rpartition("(PostgreSQL)")[2].strip().split(".")[0]
    return int(number) if number.isdecimal() else 0


def _reachable(binaries: Path, data: Path, user: str | None) -> Path:
    """Copy the binaries beside the data where the server's user cannot reach them.

    A wheel keeps its libraries in a sibling folder that the binaries find by a relative path, so
    both are copied as they lie.
    """
    if user is None or _can_enter(binaries):
        return binaries
    install = binaries.parent
    package = install.parent
    target = data.parent / "bin"
    for source in (install, *package.parent.glob(f"{package.name}.libs")):
        copy = target / source.relative_to(package.parent)
        if not copy.exists():
            part = copy.with_name(f"{copy.name}.part")
            shutil.rmtree(part, ignore_errors=True)
            shutil.copytree(source, part, symlinks=True)
            _open_to_all(target)
            part.rename(copy)
    return target / binaries.relative_to(package.parent)


def _open_to_all(folder: Path) -> None:
    """Let every user read and run what lies in the folder, whatever the umask says."""
    for path in (folder, *folder.rglob("*")):
        if not path.is_symlink():
            mode = path.stat().st_mode
            path.chmod(mode | (0o555 if mode & stat.S_IXUSR else 0o444))


def _is_whole(data: Path) -> bool:
    """Whether `initdb` came to its end: the last of three databases that it makes is there."""
    return len([*(data / "base").glob("*")]) >= 3


def _version_of(data: Path) -> int:
    """The major version that made the cluster."""
    file = data / "PG_VERSION"
    number = file.read_text(errors="replace").strip() if file.exists() else ""
    if not number.isdecimal():
        raise LabError(f"The data in {data} is broken (see {file.name}): start anew, `make reset`.")
    return int(number)


def _create_cluster(lab: Lab, binaries: Path, data: Path, user: str | None) -> None:
    """Make a new cluster beside its place, and move it there when it is whole."""
    if _is_whole(data):
        return
    # What was done to a former cluster has to be done again.
    for mark in lab.home.glob("*.done"):
        mark.unlink()
    password = data.parent / "postgres.password"
    # A name of this start's own: an `initdb` whose lab was killed may still be at work in another.
    part = data.with_name(f"{data.name}.{os.getpid()}.part")
    for left in (data, *data.parent.glob(f"{data.name}.*.part")):
        if left.exists():
            shutil.rmtree(left)
    part.mkdir(mode=0o700, parents=True)
    password.unlink(missing_ok=True)
    password.touch(mode=0o600)
    password.write_text(lab.secrets["postgres_password"])
    if user is not None:
        for path in (part, password):
            shutil.chown(path, user)
    try:
        done = subprocess.run(
            [
                *(str(binaries / "initdb"), "-D", str(part), "-U", "postgres"),
                *("--pwfile", str(password)),
                *("--auth=scram-sha-256", "-E", "UTF8", "--locale=C", "--no-instructions"),
            ],
            cwd="/",
            capture_output=True,
            text=True,
            check=False,
            **account(user),
        )
    finally:
        password.unlink(missing_ok=True)
    if done.returncode != 0:
        shutil.rmtree(part)
        raise LabError(f"PostgreSQL could not create its data folder {data}: {done.stderr.strip()}")
    part.rename(data)


def _accepts(binaries: Path, port: int) -> bool:
    command = [str(binaries / "pg_isready"), "-q", "-h", HOST, "-p", str(port)]
    return subprocess.run(command, check=False).returncode == 0


def main() -> None:
    """Create the databases, or say in a sentence why the server lets nobody in."""
    import psycopg2

    lab = Lab.from_environment()
    try:
        create_databases(lab)
    except psycopg2.OperationalError as error:
        if "password authentication failed" not in str(error):
            raise
        sys.exit(
            f"{lab.home / 'secrets.json'} is not the one that this lab's data was made with: put "
            "that one back, or start anew with `make reset`."
        )


if __name__ == "__main__":
    main()
