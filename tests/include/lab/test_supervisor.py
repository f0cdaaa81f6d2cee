"""Services are started in their order, kept alive and stopped without a trace: real processes."""

import asyncio
import errno
import os
import signal
import socket
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

from include.lab import supervisor as module
from include.lab.service import Service, listens
from include.lab.settings import ROOT, Lab, LabError
from include.lab.supervisor import (
    Supervisor,
    end_group,
    end_leftovers,
    hold,
    read_state,
    release,
    spawn,
    started,
)
from tests.include.lab.conftest import WAIT

pytestmark = pytest.mark.slow

Describe = Callable[..., Service]
STUBBORN = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); time.sleep(600)"


class Run:
    """Runs services until all are ready, then does `then`, which stops them by default."""

    def __init__(self, lab: Lab, *services: Service) -> None:
        self.told: list[str] = []
        self.supervisor = Supervisor(lab, [*services], self.tell)
        self.on_line: Callable[[str], None] = lambda line: None

    def tell(self, line: str) -> None:
        self.told.append(line)
        self.on_line(line)

    def until(self, then: Callable[[], None] | None = None) -> "Run":
        asyncio.run(self.supervisor.run(then or self.supervisor.stop))
        return self

    def pid(self, name: str) -> int:
        process = self.supervisor.running[name].process
        assert process
        return process.pid


def appears(file: Path) -> Callable[[], bool]:
    return file.exists


def test_a_service_waits_for_those_it_needs(place: Lab, tmp_path: Path, python: Describe):
    """The second is started only when the first one's probe holds."""
    first = python(
        "first",
        f"import pathlib, time; time.sleep(0.3); pathlib.Path({str(tmp_path / 'up')!r}).touch();"
        "time.sleep(600)",
        ready=appears(tmp_path / "up"),
    )
    second = python(
        "second",
        f"import pathlib; assert pathlib.Path({str(tmp_path / 'up')!r}).exists();"
        "import time; time.sleep(600)",
        after=("first", "one that was left out"),
    )

    run = Run(place, second, first).until()

    ready = [line.split()[0] for line in run.told if " ready " in line]
    assert ready == ["first", "second"]
    assert {one.restarts for one in run.supervisor.running.values()} == {0}


def test_services_stop_before_those_they_need(place: Lab, tmp_path: Path, python: Describe):
    """The order of stopping is the order of starting, reversed."""
    ended = tmp_path / "ended"
    code = f"""
import pathlib, signal, sys, time
def end(*_):
    with open({str(ended)!r}, "a") as file: file.write("{{name}} ")
    sys.exit()
signal.signal(signal.SIGTERM, end)
pathlib.Path({str(tmp_path)!r}, "{{name}}").touch()
time.sleep(600)
"""
    chain = [
        python(name, code.format(name=name), after=after, ready=appears(tmp_path / name))
        for name, after in (("one", ()), ("two", ("one",)), ("three", ("two",)))
    ]

    run = Run(place, *chain).until()

    assert ended.read_text().split() == ["three", "two", "one"]
    assert {facts["state"] for facts in read_state(place).values()} == {"stopped"}
    assert all(one.process.poll() == 0 for one in run.supervisor.running.values())


def test_what_dies_is_started_again_after_a_growing_pause(place: Lab, python: Describe):
    """Each death is told with its signal, the pause and the log; the lab goes on."""
    run = Run(place, python("service"))

    def again(line: str) -> None:
        if "ready again" not in line:
            return
        if run.supervisor.running["service"].restarts == 1:
            os.kill(run.pid("service"), signal.SIGKILL)
        else:
            run.supervisor.stop()

    run.on_line = again
    run.until(lambda: os.kill(run.pid("service"), signal.SIGKILL))

    log = place.logs / "service.log"
    assert [line for line in run.told if line.startswith("!")] == [
        f"! service ended with signal SIGKILL; starting it again in {pause} s (its log: {log})"
        for pause in (1, 2)
    ]
    assert read_state(place)["service"]["restarts"] == 2


def test_a_job_runs_once_and_is_done(place: Lab, tmp_path: Path, python: Describe):
    """What depends on a job starts when the job has succeeded; it is not started again."""
    traces = tmp_path / "traces"
    job = python("job", f"open({str(traces)!r}, 'a').write('ran ')", job=True)

    Run(place, python("service", after=("job",)), job).until()

    assert traces.read_text() == "ran "


def test_a_job_that_fails_stops_everything(place: Lab, python: Describe):
    """The error names the job, its exit code and the end of its log; nothing is left running."""
    job = python("job", "print('no such table'); raise SystemExit(3)", job=True)
    run = Run(place, python("service"), job)

    with pytest.raises(LabError) as error:
        run.until(lambda: pytest.fail("not all was ready"))

    assert "job ended with exit code 3" in str(error.value)
    assert str(error.value).endswith("    no such table")
    assert started(run.pid("service")) is None
    assert read_state(place)["job"]["state"] == "failed"


def test_what_cannot_be_prepared_stops_everything(
    place: Lab, python: Describe, monkeypatch: pytest.MonkeyPatch
):
    """An error before the process is started is the lab's error."""

    def prepare() -> None:
        raise LabError("No room left.")

    monkeypatch.setattr(module, "FIRST_TRIES", 1)
    with pytest.raises(LabError, match="service could not be started: No room left"):
        Run(place, python("service", prepare=prepare)).until()


def test_what_never_lives_is_given_up(
    place: Lab, python: Describe, monkeypatch: pytest.MonkeyPatch
):
    """A service that dies before it was ever ready fails the start after a few tries."""
    monkeypatch.setattr(module, "FIRST_TRIES", 2)
    run = Run(place, python("service", "raise SystemExit('bad option')", ready=lambda: False))

    with pytest.raises(LabError, match="service ended with exit code 1"):
        run.until()

    assert run.supervisor.running["service"].restarts == 1


def test_what_never_gets_ready_is_given_up(
    place: Lab, python: Describe, monkeypatch: pytest.MonkeyPatch
):
    """A service that lives and never answers is told, and fails the start."""
    monkeypatch.setattr(module, "READY_SECONDS", 0.2)
    monkeypatch.setattr(module, "FIRST_TRIES", 1)
    run = Run(place, python("service", ready=lambda: False))

    with pytest.raises(LabError, match="service ended with signal SIGKILL"):
        run.until()

    assert "! service was not ready within 0.2 s" in run.told


def test_grandchildren_end_too(place: Lab, tmp_path: Path, python: Describe):
    """What a service has started itself does not outlive it, even if it ignores SIGTERM."""
    note = tmp_path / "grandchild"
    code = textwrap.dedent(f"""
        import pathlib, subprocess, sys, time
        child = subprocess.Popen([sys.executable, "-S", "-c", {STUBBORN!r}])
        pathlib.Path({str(note)!r}).write_text(str(child.pid))
        time.sleep(600)
    """)
    service = python("service", code, ready=lambda: note.exists() and note.read_text() != "")

    Run(place, service).until()

    assert gone(int(note.read_text()))


def test_what_does_not_stop_is_ended(place: Lab, tmp_path: Path, python: Describe):
    """After its grace a service is killed, and that is told."""
    ready = tmp_path / "ready"
    code = STUBBORN.replace("time.sleep", f"open({str(ready)!r}, 'w'); time.sleep")
    service = python("service", code, ready=appears(ready), grace_seconds=0.2)

    run = Run(place, service).until()

    assert "! service did not stop by itself and was ended" in run.told
    assert started(run.pid("service")) is None


def test_a_stop_while_starting_is_clean(place: Lab, python: Describe):
    """Ctrl-C does not wait for a service that is not ready yet."""
    run = Run(place, python("service", ready=lambda: run.supervisor.stop() or False))

    run.until(lambda: pytest.fail("it was never ready"))

    assert started(run.pid("service")) is None


def test_the_state_says_where_everything_is(place: Lab, python: Describe):
    """Address, process and state of each service stand in one file while the lab runs."""
    seen: dict = {}
    service = python("service", address="http://here")
    run = Run(place, service, python("job", "", job=True))

    def look() -> None:
        seen.update(read_state(place))
        run.supervisor.stop()

    run.until(look)

    assert seen["service"]["state"] == "ready"
    assert seen["service"]["address"] == "http://here"
    assert seen["service"]["pid"] == run.pid("service")
    assert seen["job"]["state"] == "done"
    assert seen["job"]["pid"] is None


@pytest.mark.faults
def test_leftovers_of_a_killed_lab_are_ended(place: Lab, tmp_path: Path):
    """After `kill -9` of the supervisor, the next start ends what was left running."""
    code = textwrap.dedent(f"""
        import asyncio, os, signal, sys
        from include.lab.service import Service, listens
        from include.lab.settings import Lab
        from include.lab.supervisor import Supervisor
        service = Service("service", (sys.executable, "-S", "-c", {WAIT!r}), "")
        die = lambda: os.kill(os.getpid(), signal.SIGKILL)
        asyncio.run(Supervisor(Lab.from_environment(), [service], lambda line: None).run(die))
    """)
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    subprocess.run([sys.executable, "-c", code], env=environment, check=False)
    left = read_state(place)["service"]["pid"]
    assert started(left)

    told: list[str] = []
    end_leftovers(place, told.append)

    assert told == ["  service was left running by a lab that ended hard; ending it"]
    assert gone(left)


def test_another_process_of_the_same_id_is_left_alone(place: Lab, python: Describe):
    """A process id is used again by the system: the time of its start tells."""
    module.write_state(place, {"service": {"pid": os.getpid(), "started": 1.0}})

    end_leftovers(place, pytest.fail)


def test_the_first_state_is_empty(place: Lab):
    """Before the first start there is nothing to know."""
    assert read_state(place) == {}


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may start a process as somebody else")
def test_a_service_may_run_as_another_user(place: Lab):
    """PostgreSQL refuses to run as root, so root starts it as nobody."""
    users = []
    service = Service("service", ("sleep", "600"), "", user="nobody", folder=Path("/"))
    run = Run(place, service)

    def look() -> None:
        users.append(psutil.Process(run.pid("service")).username())
        run.supervisor.stop()

    run.until(look)

    assert users == ["nobody"]


def gone(pid: int) -> bool:
    """Whether the process ends within seconds; one that nobody waits for may stay a zombie."""
    until = time.monotonic() + 10
    while time.monotonic() < until:
        if started(pid) is None or psutil.Process(pid).status() == psutil.STATUS_ZOMBIE:
            return True
        time.sleep(0.05)
    return False


def test_a_log_that_grows_large_is_copied_and_emptied(
    place: Lab, python: Describe, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    """While its service runs, which goes on at the log's new beginning; one copy is kept."""
    monkeypatch.setattr(module, "LARGEST_LOG_BYTES", 3)
    monkeypatch.setattr(module, "HOUSEKEEPING_SECONDS", 0.05)
    log_file, go_on = place.logs / "service.log", tmp_path / "go on"
    copy = log_file.with_suffix(".old.log")
    code = f"""
import pathlib, time
print("long", flush=True)
while not pathlib.Path({str(go_on)!r}).exists(): time.sleep(0.01)
print("n", flush=True)
time.sleep(600)
"""

    def ready() -> bool:
        if copy.exists() and log_file.stat().st_size == 0:
            go_on.touch()
        return go_on.exists() and log_file.stat().st_size > 0

    Run(place, python("service", code, ready=ready)).until()

    assert log_file.read_text() == "n\n"
    assert copy.read_text() == "long\n"


@pytest.mark.faults
def test_a_log_without_room_for_its_copy_is_emptied(place: Lab, monkeypatch: pytest.MonkeyPatch):
    """On a full disk it is the log that has to give way."""
    monkeypatch.setattr(module, "LARGEST_LOG_BYTES", 3)
    monkeypatch.setattr(module.shutil, "copy2", full_disk)
    place.logs.mkdir(parents=True)
    (place.logs / "service.log").write_text("long\n")

    module.shrink_logs(place.logs)

    assert {file.name: file.read_text() for file in place.logs.iterdir()} == {"service.log": ""}


def full_disk(*_: object) -> None:
    raise OSError(errno.ENOSPC, "No space left on device")


@pytest.mark.faults
@pytest.mark.skipif(not Path("/dev/full").exists(), reason="a disk that is always full is Linux'")
def test_a_log_that_cannot_be_written_freezes_nothing(place: Lab, python: Describe):
    """The service writes more than its pipe holds, and still comes to its end."""
    log_file = place.logs / "service.log"
    log_file.parent.mkdir(parents=True)
    log_file.symlink_to("/dev/full")

    process = spawn(python("service", "for n in range(20_000): print('line', n)"), log_file)

    assert process.wait(30) == 0
    end_group(process)
    assert not process.writer.is_alive()


@pytest.mark.faults
def test_a_log_that_can_be_written_again_goes_on(place: Lab, python: Describe, tmp_path: Path):
    """Once there is room again, what the service says is in its log."""
    log_file, go_on = place.logs / "service.log", tmp_path / "go on"
    log_file.mkdir(parents=True)
    code = f"""
import pathlib, time
print(1); print(2, flush=True)
pathlib.Path({str(tmp_path / "said")!r}).touch()
while not pathlib.Path({str(go_on)!r}).exists(): time.sleep(0.01)
print(3)
"""
    process = spawn(python("service", code), log_file)
    while not (tmp_path / "said").exists():
        assert process.poll() is None
    log_file.rmdir()
    go_on.touch()
    process.wait(10)
    end_group(process)

    assert log_file.read_text().splitlines()[-1] == "3"


@pytest.mark.faults
def test_a_state_that_cannot_be_written_stops_no_keeper(
    place: Lab, python: Describe, monkeypatch: pytest.MonkeyPatch
):
    """What dies on a full disk is started again, and the state is written once there is room."""
    write_state = module.write_state
    monkeypatch.setattr(module, "HOUSEKEEPING_SECONDS", 0.05)
    run = Run(place, python("service"))
    first: list[int] = []

    def kill_on_a_full_disk() -> None:
        first.append(run.pid("service"))
        monkeypatch.setattr(module, "write_state", full_disk)
        os.kill(first[0], signal.SIGKILL)

    def on_line(line: str) -> None:
        if "ready again" in line:
            monkeypatch.setattr(module, "write_state", written)

    def written(lab: Lab, facts: dict) -> None:
        write_state(lab, facts)
        seen.append(facts["service"]["pid"])
        run.supervisor.stop()

    seen: list[int] = []
    run.on_line = on_line
    run.until(kill_on_a_full_disk)

    assert seen[0] not in (None, *first)
    (told,) = [line for line in run.told if "cannot be written" in line]
    assert "No space left on device" in told


def test_secrets_are_masked_in_the_log(place: Lab, python: Describe):
    """What a service writes reaches its log without the lab's secrets."""
    log_file = place.logs / "service.log"

    process = spawn(python("service", "print('the word is hunter2')"), log_file, ["hunter2"])
    process.wait(10)
    end_group(process)

    assert log_file.read_text() == "the word is ***\n"


def test_a_job_that_was_done_is_not_done_again(place: Lab, python: Describe, tmp_path: Path):
    """With the same fingerprint the job is skipped at the next start, with another it runs."""
    runs = tmp_path / "runs"
    code = f"open({str(runs)!r}, 'a').write('x')"

    for fingerprint in ("one", "one", "two"):
        Run(place, python("job", code, job=True, fingerprint=fingerprint)).until()

    assert runs.read_text() == "xx"


def test_a_probe_without_an_answer_does_not_stop_the_lab(place: Lab, python: Describe):
    """While what the probe asks is itself starting, it is asked again."""
    asked = []

    def ready() -> bool:
        asked.append(1)
        if len(asked) < 3:
            raise ConnectionResetError("not yet")
        return True

    run = Run(place, python("service", ready=ready)).until()

    assert len(asked) == 3
    assert run.supervisor.failure is None


def test_a_service_is_seeded_at_each_start_before_it_is_ready(place: Lab, python: Describe):
    """What it forgot when it ended, it is told again."""
    told: list[str] = []
    run = Run(
        place,
        python("forgetful", seed=lambda: told.append(read_state(place)["forgetful"]["state"])),
    )

    def again(line: str) -> None:
        if "ready again" in line:
            run.supervisor.stop()

    run.on_line = again
    run.until(lambda: os.kill(run.pid("forgetful"), signal.SIGKILL))

    assert told == ["starting", "starting"]


def refuse() -> None:
    raise TimeoutError("the vault was not open after 10 s")


def test_a_seed_that_never_works_stops_the_start(
    place: Lab, python: Describe, monkeypatch: pytest.MonkeyPatch
):
    """A service that lacks what its lessons expect is not called ready."""
    monkeypatch.setattr(module, "FIRST_TRIES", 1)

    with pytest.raises(LabError, match="was not open"):
        Run(place, python("forgetful", seed=refuse)).until()


@pytest.mark.faults
@pytest.mark.parametrize("step", ["seed", "prepare"])
def test_a_step_that_fails_once_is_a_death_like_another(place: Lab, python: Describe, step: str):
    """What it needs was away for a moment: it is started again, and its neighbour never ended."""
    calls: list[int] = []

    def second_one_fails() -> None:
        calls.append(1)
        if len(calls) == 2:
            refuse()

    run = Run(place, python("forgetful", **{step: second_one_fails}), python("neighbour"))
    before: list[int] = []

    def on_line(line: str) -> None:
        if "ready again" in line:
            before.append(run.pid("neighbour"))
            run.supervisor.stop()

    def kill() -> None:
        before.append(run.pid("neighbour"))
        os.kill(run.pid("forgetful"), signal.SIGKILL)

    run.on_line = on_line
    run.until(kill)

    assert len(calls) == 3
    assert before[0] == before[1]
    assert (
        "! forgetful could not be started: TimeoutError: the vault was not open after 10 s; "
        f"starting it again in 2 s (its log: {place.logs / 'forgetful.log'})"
    ) in run.told


@pytest.mark.faults
def test_the_lab_goes_on_without_what_it_can_do_without(
    place: Lab, python: Describe, monkeypatch: pytest.MonkeyPatch
):
    """It says so with the reason, starts what waited for it, and keeps trying."""
    monkeypatch.setattr(module, "FIRST_TRIES", 1)
    broken = python("emulator", "raise SystemExit('half a file')", optional=True, ready=no)
    run = Run(place, broken, python("job", "", after=("emulator",), job=True)).until()

    (told,) = [line for line in run.told if "goes on without" in line]
    assert "emulator ended with exit code 1" in told
    assert "half a file" in told
    assert run.supervisor.running["emulator"].restarts == 1


def no() -> bool:
    return False


@pytest.mark.faults
def test_a_frozen_service_shows_and_is_started_again(
    place: Lab, python: Describe, monkeypatch: pytest.MonkeyPatch
):
    """It is alive and gives no answer: the state says so, then another process takes its place."""
    monkeypatch.setattr(module, "ALIVE_SECONDS", 0.05)
    run = Run(place, python("service", ready=lambda: not is_stopped(run.pid("service"))))
    frozen: list[int] = []
    states: list[str] = []
    write_state = module.write_state

    def freeze() -> None:
        frozen.append(run.pid("service"))
        os.kill(frozen[0], signal.SIGSTOP)

    def note(lab: Lab, facts: dict) -> None:
        states.append(facts["service"]["state"])
        write_state(lab, facts)

    def on_line(line: str) -> None:
        if "ready again" in line:
            assert run.pid("service") not in frozen
            run.supervisor.stop()

    monkeypatch.setattr(module, "write_state", note)
    run.on_line = on_line
    run.until(freeze)

    assert states.index("not answering") < states.index("restarting")
    assert "! service gave no answer 4 times in a row; starting it again in 1 s" in run.told[1]
    assert gone(frozen[0])


def is_stopped(pid: int) -> bool:
    return psutil.Process(pid).status() == psutil.STATUS_STOPPED


def test_an_answer_that_comes_late_once_is_no_matter(
    place: Lab, python: Describe, monkeypatch: pytest.MonkeyPatch
):
    """Some silence, then an answer: the service goes on as it was."""
    monkeypatch.setattr(module, "ALIVE_SECONDS", 0.05)
    answers = iter([False, False, True])

    def alive() -> bool:
        answer = next(answers, None)
        if answer is None:
            run.supervisor.stop()
        return answer is not False

    run = Run(place, python("service", alive=alive))
    run.until(lambda: None)

    assert run.supervisor.running["service"].restarts == 0
    assert not [line for line in run.told if line.startswith("!")]


@pytest.mark.faults
def test_a_port_that_somebody_else_took_is_not_ours(place: Lab, python: Describe):
    """The thief's answers do not make the service ready; it is, once the thief has gone."""
    port = place.port("shop_api")
    code = f"""
import socket, time
with socket.create_server(("127.0.0.1", {port})): time.sleep(600)
"""
    service = python("shop", code, ports=(port,), ready=listens("127.0.0.1", port))
    run = Run(place, service)
    thief = socket.socket()
    thief.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)

    def on_line(line: str) -> None:
        if "ended with signal SIGKILL" in line:
            thief.bind(("127.0.0.1", port))
            thief.listen()
        if "in use by" in line:
            thief.close()
        if "ready again" in line:
            run.supervisor.stop()

    run.on_line = on_line
    run.until(lambda: os.kill(run.pid("shop"), signal.SIGKILL))

    (told,) = [line for line in run.told if "in use by" in line]
    assert f"! shop could not be started: Port {port}, wanted for shop, is in use by " in told
    assert f"(process {os.getpid()}: " in told
    assert run.supervisor.running["shop"].restarts == 2


@pytest.mark.faults
@pytest.mark.parametrize(
    "broken",
    [
        *("", "{", "[]", "null", "\udcff", '{"inbox": 5}', '{"inbox": {"state": null}}'),
        *('{"inbox": {"pid": "7"}}', '{"inbox": {"pid": -1}}'),
    ],
)
def test_a_state_that_is_broken_is_none(place: Lab, broken: str):
    """It tells nothing, and ends nothing."""
    (place.home / "state.json").write_bytes(broken.encode(errors="surrogateescape"))

    assert read_state(place) == {}
    end_leftovers(place, pytest.fail)


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="Linux counts from its own start")
@pytest.mark.faults
def test_a_clock_that_is_set_changes_no_start(monkeypatch: pytest.MonkeyPatch):
    """Else the next lab would not know what a killed one has left."""
    before = started(os.getpid())
    create_time = psutil.Process.create_time
    monkeypatch.setattr(psutil.Process, "create_time", lambda self: create_time(self) + 60)

    assert started(os.getpid()) == before


def test_a_service_can_be_held_and_released(place: Lab, python: Describe):
    """It is stopped, its neighbour is not; it comes back when it may, and has not died."""
    run = Run(place, python("one"), python("other"))
    seen: list[dict[str, object]] = []

    def on_line(line: str) -> None:
        if "stopped until" in line:
            seen.append(read_state(place))
            release(place, "one")
        if "ready again" in line:
            run.supervisor.stop()

    run.on_line = on_line
    run.until(lambda: hold(place, "one"))

    ((one, other),) = [(facts["one"], facts["other"]) for facts in seen]
    assert (one["state"], one["pid"]) == ("held", None)
    assert other["state"] == "ready"
    assert run.supervisor.running["one"].restarts == 0


def test_the_lab_stops_while_a_service_is_held(place: Lab, python: Describe):
    """A held service does not keep the lab from stopping."""
    run = Run(place, python("one"))

    def on_line(line: str) -> None:
        if "stopped until" in line:
            run.supervisor.stop()

    run.on_line = on_line
    run.until(lambda: hold(place, "one"))

    assert read_state(place)["one"]["state"] == "stopped"
