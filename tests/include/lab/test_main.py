"""The lab's commands: each tells what it did in a line, and what to do where it cannot."""

import fcntl
import json
import os
import signal
import socket
import subprocess
import sys
import textwrap
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from include.lab import __main__ as module
from include.lab.__main__ import check_ports, main, memory_bytes, only_one, running_pid
from include.lab.service import Service
from include.lab.settings import ROOT, Lab, LabError
from include.lab.supervisor import held, hold, started, write_state

Command = Callable[..., tuple[int, str]]


@pytest.fixture
def command(
    place: Lab, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Command:
    """Run `python -m include.lab …` in this process; return its exit code and what it says."""

    def run(*arguments: str) -> tuple[int, str]:
        monkeypatch.setattr(sys, "argv", ["lab", *arguments])
        return main(), capsys.readouterr().out

    return run


@contextmanager
def another_lab(place: Lab) -> Iterator[subprocess.Popen[bytes]]:
    """Another process that holds the lab's lock until it is told to stop."""
    code = textwrap.dedent("""
        import signal, sys
        from include.lab.__main__ import only_one
        from include.lab.settings import Lab
        signal.signal(signal.SIGTERM, lambda *_: sys.exit())
        with only_one(Lab.from_environment()):
            print("holds", flush=True)
            signal.pause()
    """)
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    holder = subprocess.Popen(
        [sys.executable, "-c", code], stdout=subprocess.PIPE, env=environment, cwd=ROOT
    )
    try:
        assert holder.stdout
        assert holder.stdout.readline() == b"holds\n"
        yield holder
    finally:
        holder.kill()
        holder.communicate()


def test_up_starts_greets_and_stops(
    place: Lab, command: Command, python: Callable[..., Service], monkeypatch: pytest.MonkeyPatch
):
    """It ends with address, login, lessons and helpers, names broken files, and stops cleanly."""

    def broken_files(lab: Lab) -> list[str]:
        os.kill(os.getpid(), signal.SIGTERM)
        return ["dags/x.py: NameError: no"]

    monkeypatch.setattr(module.catalogue, "services", lambda lab: [python("service")])
    monkeypatch.setattr(module.airflow, "listed_lessons", lambda lab: {"one", "two", "two__a"})
    monkeypatch.setattr(module.airflow, "import_errors", broken_files)

    code, said = command("up")

    assert code == 0
    assert f"Starting the lab (1 services, state in {place.home})" in said
    assert "! dags/x.py: NameError: no" in said
    assert f"{place.address} · admin / admin · 2 lessons and 1 helpers" in said
    assert said.endswith(
        "Ctrl-C stops everything; runs and data are kept.\n\nStopping ...\nThe lab has stopped.\n"
    )
    assert running_pid(place) is None


def test_a_lab_is_not_suspended(
    command: Command, python: Callable[..., Service], monkeypatch: pytest.MonkeyPatch
):
    """Ctrl-Z would freeze its services, each at another moment: it says so and goes on."""
    tell = module.tell

    def end_after(line: str) -> None:
        tell(line)
        if "Ctrl-Z" in line:
            os.kill(os.getpid(), signal.SIGTERM)

    def suspend(lab: Lab) -> None:
        os.kill(os.getpid(), signal.SIGTSTP)

    monkeypatch.setattr(module, "tell", end_after)
    monkeypatch.setattr(module.catalogue, "services", lambda lab: [python("service")])
    monkeypatch.setattr(module.airflow, "listed_lessons", suspend)
    monkeypatch.setattr(module.airflow, "import_errors", lambda lab: [])

    code, said = command("up")

    assert code == 0
    assert "Ctrl-Z would freeze the lab; Ctrl-C stops it." in said


def test_up_stops_when_its_caller_is_gone(
    command: Command, python: Callable[..., Service], monkeypatch: pytest.MonkeyPatch
):
    """A test run that is killed leaves no lab behind."""
    parents = iter([1, 1, 2])
    monkeypatch.setattr(module.os, "getppid", lambda: next(parents))
    monkeypatch.setattr(module.catalogue, "services", lambda lab: [python("service")])
    monkeypatch.setattr(module.airflow, "listed_lessons", lambda lab: set())
    monkeypatch.setattr(module.airflow, "import_errors", lambda lab: [])

    assert command("up", "--end-with-parent")[0] == 0


def test_a_setting_that_is_wrong_is_one_line(command: Command, monkeypatch: pytest.MonkeyPatch):
    """No traceback: what is wrong, and exit code 1."""
    monkeypatch.setenv("LAB_PORT_BASE", "eighty")

    code, said = command("status")

    assert code == 1
    assert said.startswith("LAB_PORT_BASE=eighty is not a port")
    assert said.count("\n") == 1


def test_a_second_lab_is_refused(place: Lab, command: Command):
    """The message names the running one's process and address."""
    with another_lab(place) as holder:
        code, said = command("up")

    assert code == 1
    assert f"already running (process {holder.pid}): {place.address}" in said


def test_the_lock_is_free_again_afterwards(place: Lab):
    """A lab that has ended, in whatever way, does not lock the next one out."""
    with another_lab(place):
        assert running_pid(place)
    with only_one(place):
        assert running_pid(place) == os.getpid()
    assert running_pid(place) is None


def test_down_stops_the_running_lab(place: Lab, command: Command):
    """It returns once the lab has stopped."""
    with another_lab(place) as holder:
        code, said = command("down")

        assert (code, said) == (0, "Stopping the lab ...\nThe lab has stopped.\n")
        assert holder.wait(10) == 0


def test_down_without_a_lab_ends_what_is_left(
    place: Lab, command: Command, python: Callable[..., Service]
):
    """What a killed lab left running does not stay."""
    left = subprocess.Popen(python("service").command, start_new_session=True)
    facts = {"pid": left.pid, "started": started(left.pid), "stop_signal": signal.SIGTERM}
    write_state(place, {"service": facts})

    code, said = command("down")

    assert code == 0
    assert said.endswith("The lab is not running.\n")
    assert started(left.pid) is None


def test_status_of_a_lab_that_does_not_run(command: Command):
    """It says how to start it."""
    assert command("status") == (1, "The lab is not running. Start it with `make up`.\n")


@pytest.mark.parametrize(("state", "code"), [("ready", 0), ("restarting", 1)])
def test_status_shows_each_service(place: Lab, command: Command, state: str, code: int):
    """State, memory, restarts and address; the exit code says whether all is well."""
    facts = {"state": state, "address": "http://here", "restarts": 2, "pid": os.getpid()}
    write_state(place, {"service": facts, "job": {**facts, "state": "done", "pid": None}})

    with another_lab(place):
        ended, said = command("status")

    _, service, job, _ = said.splitlines()
    assert ended == code
    assert service.split()[:2] == ["service", state]
    assert service.split()[3:] == ["MiB", "2", "http://here"]
    assert job.split() == ["job", "done", "-", "2", "http://here"]


def test_status_says_what_has_to_be_known_of_a_stand_in(place: Lab, command: Command):
    """Below the table, in the service's own words; all is well."""
    facts = {"state": "ready", "restarts": 0, "pid": None}
    cautious = {**facts, "caution": "kafka forgets."}
    write_state(place, {"kafka": cautious, "inbox": facts})

    with another_lab(place):
        code, said = command("status")

    assert code == 0
    assert said.splitlines()[-1] == "kafka forgets."


def test_a_held_service_is_as_it_was_asked_to_be(place: Lab, command: Command):
    """Below the table stands what *held* means, and which command starts it; all is well."""
    facts = {"address": "", "restarts": 0, "pid": None}
    write_state(
        place, {"kafka": {**facts, "state": "ready"}, "azurite": {**facts, "state": "held"}}
    )

    with another_lab(place):
        code, said = command("status")

    assert code == 0
    assert said.splitlines()[-1] == (
        "azurite is held: stopped by `make stop` until `make start SERVICE=azurite`."
    )
    assert said.count("make start") == 1


@pytest.mark.parametrize(("action", "example"), [("stop", "kafka"), ("start", "azurite")])
def test_a_command_without_a_service_says_how_to_name_one(
    place: Lab, command: Command, action: str, example: str
):
    """And which there are; what can be started again is the example for it."""
    with another_lab(place):
        states = {"kafka": "ready", "azurite": "held", "seeds": "done"}
        write_state(place, {name: {"state": state} for name, state in states.items()})
        code, said = command(action, "")

    assert code == 1
    assert said == (
        f"Name a service: `make {action} SERVICE={example}`. There are: kafka, azurite.\n"
    )


def test_logs_without_a_service_say_how_to_name_one(place: Lab, command: Command):
    """Before there is any log, too."""
    assert command("logs", "") == (1, "There is no log yet. Start the lab with `make up`.\n")
    place.logs.mkdir()
    (place.logs / "kafka.log").touch()
    (place.logs / "scheduler.log").touch()

    assert command("logs", "") == (
        1,
        "Name a service: `make logs SERVICE=scheduler`. There are: kafka, scheduler.\n",
    )


def test_logs_follow_one_file(place: Lab, command: Command, monkeypatch: pytest.MonkeyPatch):
    """`tail` shows the service's log."""
    place.logs.mkdir()
    (place.logs / "scheduler.log").write_text("hello\n")
    seen = []

    class Tail:
        def __init__(self, arguments: list[object]) -> None:
            seen.append(arguments)

        def __enter__(self) -> "Tail":
            return self

        def __exit__(self, *_: object) -> None:
            return None

        def wait(self) -> int:
            raise KeyboardInterrupt

    monkeypatch.setattr(module.subprocess, "Popen", Tail)

    assert command("logs", "scheduler") == (0, "")
    assert seen == [["tail", "-n", "200", "-F", place.logs / "scheduler.log"]]


def test_logs_of_an_unknown_service_name_the_known(place: Lab, command: Command):
    """A typing error is answered with what there is."""
    place.logs.mkdir()
    (place.logs / "scheduler.log").touch()

    assert command("logs", "sheduler") == (
        1,
        "SERVICE=sheduler has no log. There are: scheduler.\n",
    )


def test_reset_deletes_all_but_the_packages(place: Lab, command: Command):
    """Runs, data and secrets go; the installed environment stays."""
    (place.home / "venv").mkdir()
    (place.home / "airflow").mkdir()

    assert command("reset", "--yes") == (0, "The lab is as new.\n")
    assert {path.name for path in place.home.iterdir()} == {"venv", "lab.lock"}


@pytest.mark.parametrize("answer", ["", "n", "maybe"])
def test_reset_asks_first(
    place: Lab, command: Command, monkeypatch: pytest.MonkeyPatch, answer: str
):
    """Anything but a yes keeps everything."""
    monkeypatch.setattr("builtins.input", lambda question: answer)

    assert command("reset") == (1, "Nothing was deleted.\n")
    assert (place.home / "secrets.json").exists()


def test_reset_names_what_it_deletes(place: Lab, command: Command, monkeypatch: pytest.MonkeyPatch):
    """The question lists every folder and file; a yes deletes them."""
    asked = []
    monkeypatch.setattr("builtins.input", lambda question: asked.append(question) or " Yes ")

    assert command("reset")[0] == 0
    assert "secrets.json" in asked[0]
    assert not (place.home / "secrets.json").exists()


def test_reset_does_not_touch_a_running_lab(place: Lab, command: Command):
    """First `make down`, then `make reset`."""
    with another_lab(place):
        code, said = command("reset", "--yes")

    assert (code, said) == (1, "The lab is running. Stop it first with `make down`.\n")
    assert json.loads((place.home / "secrets.json").read_text())


def test_reset_without_anybody_to_ask_deletes_nothing(
    place: Lab, command: Command, monkeypatch: pytest.MonkeyPatch
):
    """`make reset </dev/null` is no yes."""
    with Path(os.devnull).open() as nobody:
        monkeypatch.setattr(sys, "stdin", nobody)
        code, said = command("reset")

    assert code == 1
    assert said.endswith("Nothing was deleted.\n")
    assert (place.home / "secrets.json").exists()


def test_reset_of_a_link_deletes_the_link(place: Lab, command: Command, tmp_path: Path):
    """What it leads to is not the lab's."""
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "thesis.txt").touch()
    (place.home / "landing").symlink_to(elsewhere)

    assert command("reset", "--yes")[0] == 0
    assert (elsewhere / "thesis.txt").exists()
    assert not (place.home / "landing").is_symlink()


@pytest.mark.faults
def test_reset_ends_what_a_killed_lab_left_and_holds_the_lock(
    place: Lab, command: Command, python: Callable[..., Service], monkeypatch: pytest.MonkeyPatch
):
    """Before it deletes the data below it; no lab can be started meanwhile."""
    left = subprocess.Popen(python("service").command, start_new_session=True)
    facts = {"pid": left.pid, "started": started(left.pid), "stop_signal": signal.SIGTERM}
    write_state(place, {"service": facts})
    held_by: list[int | None] = []
    end_leftovers = module.end_leftovers

    def look(lab: Lab, tell: Callable[[str], None]) -> None:
        held_by.append(running_pid(lab))
        end_leftovers(lab, tell)

    monkeypatch.setattr(module, "end_leftovers", look)

    code, said = command("reset", "--yes")

    assert (code, held_by) == (0, [os.getpid()])
    assert said.startswith("  service was left running by a lab that ended hard; ending it\n")
    assert started(left.pid) is None


@pytest.mark.parametrize("action", [("up",), ("reset", "--yes")])
def test_a_folder_of_something_else_is_left_alone(
    command: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, action: tuple[str, ...]
):
    """A typing error in LAB_HOME deletes no work, and puts nothing beside it."""
    (tmp_path / "thesis").mkdir()
    (tmp_path / "thesis/thesis.txt").touch()
    monkeypatch.setenv("LAB_HOME", str(tmp_path / "thesis"))

    code, said = command(*action)

    assert code == 1
    assert said == (
        f"{tmp_path / 'thesis'} is not a lab's folder, but has files in it: name an empty folder, "
        "or one that does not exist yet, with LAB_HOME.\n"
    )
    assert [path.name for path in (tmp_path / "thesis").iterdir()] == ["thesis.txt"]


@pytest.mark.parametrize("action", [("up",), ("down",), ("status",), ("reset", "--yes")])
def test_a_folder_that_cannot_be_made_is_one_sentence(
    command: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, action: tuple[str, ...]
):
    """No traceback: what cannot be written, why, and the variable that names another."""
    (tmp_path / "file").touch()
    monkeypatch.setenv("LAB_HOME", str(tmp_path / "file/lab"))

    code, said = command(*action)

    assert said.count("\n") == 1
    if action[0] in {"up", "reset"}:
        assert code == 1
        assert f"The lab cannot write to {tmp_path / 'file/lab'} (Not a directory): " in said


BROKEN = ("", "{", "[]", "null", '{"jwt_secret": 5}', "\x00")


@pytest.mark.faults
@pytest.mark.parametrize("broken", BROKEN)
def test_broken_secrets_are_one_sentence_and_a_way_out(
    place: Lab,
    command: Command,
    python: Callable[..., Service],
    monkeypatch: pytest.MonkeyPatch,
    broken: str,
):
    """A start names the file; all else works as ever, and the way out leads out."""
    file = place.home / "secrets.json"
    file.write_text(broken)

    assert command("up") == (
        1,
        f"{file} is broken, and the passwords of this lab's data stand in it: put a copy back, "
        "or start anew with `make reset`.\n",
    )
    assert command("status")[1] == "The lab is not running. Start it with `make up`.\n"
    assert command("down") == (0, "The lab is not running.\n")
    assert file.read_text() == broken
    assert command("reset", "--yes") == (0, "The lab is as new.\n")
    assert Lab.from_environment().secrets


@pytest.mark.faults
@pytest.mark.parametrize("broken", ["", "{", "[]", "null", '{"inbox": 5}'])
def test_a_broken_state_is_one_sentence_and_a_way_out(place: Lab, command: Command, broken: str):
    """Without a lab it does not matter; of a running one, it is said what writes it anew."""
    (place.home / "state.json").write_text(broken)

    assert command("status")[1] == "The lab is not running. Start it with `make up`.\n"
    assert command("down") == (0, "The lab is not running.\n")
    with another_lab(place):
        code, said = command("status")
        stopped = command("stop", "kafka")[1]

    assert code == 1
    assert said.count("\n") == 1
    assert "`make down`, then `make up`, starts it anew" in said
    assert stopped.startswith("SERVICE=kafka is not running in this lab.")
    assert command("reset", "--yes") == (0, "The lab is as new.\n")


def test_a_process_that_is_gone_is_not_called_ready(place: Lab, command: Command):
    """A state that could not be written any more is an old one."""
    gone = subprocess.Popen(["true"])
    gone.wait()
    write_state(place, {"metrics": {"state": "ready", "pid": gone.pid}})

    with another_lab(place):
        code, said = command("status")

    assert code == 1
    assert said.splitlines()[1].split()[:2] == ["metrics", "ended"]


def test_a_look_at_the_lab_does_not_keep_it_from_starting(
    place: Lab, monkeypatch: pytest.MonkeyPatch
):
    """`make status` holds the lock for an instant: a start tries again."""
    with (place.home / "lab.lock").open("a+") as looking:
        fcntl.flock(looking, fcntl.LOCK_SH)
        unlock = lambda seconds: fcntl.flock(looking, fcntl.LOCK_UN)  # noqa: E731
        monkeypatch.setattr(module.time, "sleep", unlock)

        with only_one(place):
            assert running_pid(place) == os.getpid()


def test_a_lock_that_names_no_process_is_one_sentence(place: Lab, command: Command):
    """Nobody is sent a signal by a guess."""
    with (place.home / "lab.lock").open("a+") as held_lock:
        fcntl.flock(held_lock, fcntl.LOCK_EX)
        code, said = command("down")

    assert code == 1
    assert "does not say which process runs the lab" in said
    assert said.count("\n") == 1


@pytest.mark.faults
@pytest.mark.skipif(not Path("/dev/full").exists(), reason="a disk that is always full is Linux'")
def test_nobody_to_tell_is_no_reason_to_end(monkeypatch: pytest.MonkeyPatch):
    """`make up > file` on a full disk goes on."""
    full = os.fdopen(os.open("/dev/full", os.O_WRONLY), "w")
    monkeypatch.setattr(sys, "stdout", full)

    module.tell("Starting the lab")

    monkeypatch.undo()
    with pytest.raises(OSError, match="No space left"):
        full.close()


@pytest.mark.faults
def test_nobody_else_may_write_to_what_the_lab_makes(
    place: Lab, command: Command, python: Callable[..., Service], monkeypatch: pytest.MonkeyPatch
):
    """Whatever umask its user has."""

    def end(lab: Lab) -> None:
        os.kill(os.getpid(), signal.SIGTERM)

    monkeypatch.setattr(module.catalogue, "services", lambda lab: [python("service")])
    monkeypatch.setattr(module.airflow, "listed_lessons", end)
    monkeypatch.setattr(module.airflow, "import_errors", lambda lab: [])
    before = os.umask(0)
    try:
        assert command("up")[0] == 0
    finally:
        os.umask(before)

    made = [path for path in place.home.rglob("*") if path.name != "secrets.json"]
    assert {"state.json", "service.log"} <= {path.name for path in made}
    assert not [path for path in made if path.stat().st_mode & 0o022]


def test_a_port_in_use_is_named_with_its_owner(python: Callable[..., Service]):
    """Port, service, process and the way out stand in one line."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]

        with pytest.raises(LabError) as error:
            check_ports([python("shop_api", ports=(port,))])

    assert f"Port {port}, wanted for shop_api, is in use by " in str(error.value)
    assert f"(process {os.getpid()}: " in str(error.value)
    assert "LAB_PORT_BASE=9080" in str(error.value)


def test_the_owner_of_a_port_may_be_hidden(
    python: Callable[..., Service], monkeypatch: pytest.MonkeyPatch
):
    """Where the system does not tell whose port it is, the message says so."""

    def denied(kind: str) -> None:
        raise module.psutil.AccessDenied

    monkeypatch.setattr(module.psutil, "net_connections", denied)
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()

        with pytest.raises(LabError, match="in use by another process"):
            check_ports([python("shop_api", ports=(taken.getsockname()[1],))])


def test_free_ports_are_fine(place: Lab, python: Callable[..., Service]):
    """Nothing is said about ports that nobody has."""
    check_ports([python("shop_api", ports=(place.port("shop_api"),)), python("job")])


def test_memory_is_that_of_a_process_and_its_children():
    """A Python process takes some MiB; one that is gone takes none."""
    assert memory_bytes(os.getpid()) > 2**20
    assert memory_bytes(None) == 0


@pytest.mark.parametrize(
    ("action", "state", "said"),
    [
        ("stop", "held", "`make start SERVICE=kafka` starts it again"),
        ("start", "ready", "kafka is ready"),
    ],
)
def test_one_service_is_stopped_and_started(
    place: Lab, command: Command, action: str, state: str, said: str
):
    """The command returns once the running lab has done it."""
    facts = {"state": "ready", "pid": None, "address": "", "restarts": 0}
    with another_lab(place):
        write_state(place, {"kafka": {**facts, "state": state}})
        code, told = command(action, "kafka")

    assert code == 0
    assert said in told
    assert held(place, "kafka") == (action == "stop")


def test_a_service_that_does_not_follow_is_named(
    place: Lab, command: Command, monkeypatch: pytest.MonkeyPatch
):
    """The lab has not stopped it in time: the message says in what state it is."""
    monkeypatch.setattr(module, "READY_SECONDS", 0.2)
    with another_lab(place):
        write_state(place, {"kafka": {"state": "ready"}})
        code, told = command("stop", "kafka")

    assert code == 1
    assert "kafka is ready: see" in told


def test_only_a_running_service_can_be_stopped(place: Lab, command: Command):
    """A job that was done, an unknown name and a lab that does not run are refused."""
    assert "The lab is not running" in command("stop", "kafka")[1]
    with another_lab(place):
        write_state(place, {"kafka": {"state": "ready"}, "seeds": {"state": "done"}})
        for name in ("seeds", "no_such"):
            code, told = command("stop", name)
            assert code == 1
            assert f"SERVICE={name} is not running in this lab. There are: kafka." in told


def test_every_start_releases_what_was_held(
    place: Lab, command: Command, python: Callable[..., Service], monkeypatch: pytest.MonkeyPatch
):
    """A lab that is started starts everything."""
    place.home.mkdir(parents=True, exist_ok=True)
    hold(place, "service")

    def listed(lab: Lab) -> None:
        os.kill(os.getpid(), signal.SIGTERM)

    monkeypatch.setattr(module.catalogue, "services", lambda lab: [python("service")])
    monkeypatch.setattr(module.airflow, "listed_lessons", listed)
    monkeypatch.setattr(module.airflow, "import_errors", lambda lab: [])

    assert command("up")[0] == 0
    assert not held(place, "service")
