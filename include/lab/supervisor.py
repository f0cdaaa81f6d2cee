"""Starts services in their order, keeps them alive and stops them without a trace."""

import asyncio
import json
import logging
import os
import re
import shutil
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from include.lab.ports import check_ports, has_ports
from include.lab.service import Probe, Service, account
from include.lab.settings import Lab, LabError, write_whole

READY_SECONDS = 180
"""How long a service may take until its probe holds."""

FIRST_TRIES = 3
"""How often a service may die before it was ever ready; then the start has failed."""

LONGEST_PAUSE = 30
"""Seconds between two restarts at the most; the pause doubles from one second."""

STEADY_SECONDS = 60
"""A service that ran this long starts again without the pause it had grown to."""

ALIVE_SECONDS = 10
"""How long after an answer a service is asked for the next."""

FAILED_PROBES = 4
"""A service that owes so many answers in a row is ended and started again."""

HOUSEKEEPING_SECONDS = 5

LARGEST_LOG_BYTES = 10 * 2**20
"""A larger log is copied and emptied; the copy made before is dropped."""

UNKNOWN: dict[str, Any] = {
    "state": "unknown",
    "address": "",
    "caution": "",
    "restarts": 0,
    "pid": None,
    "started": None,
    "stop_signal": int(signal.SIGTERM),
}
"""What is taken for a fact that the state of a service lacks."""

log = logging.getLogger(__name__)


class LoggedProcess(subprocess.Popen[bytes]):
    """A process whose output a thread writes to a log."""

    writer: threading.Thread


@dataclass
class Running:
    """What became of one service since the lab was started."""

    service: Service
    state: str = "waiting"
    process: LoggedProcess | None = None
    restarts: int = 0
    seconds: float = 0
    became_ready: asyncio.Event = field(default_factory=asyncio.Event)
    settled: asyncio.Event = field(default_factory=asyncio.Event)
    """It is ready, or the lab goes on without it: nobody waits for it any longer."""

    def facts(self) -> dict[str, Any]:
        """What `status` shows and a later start needs to find what is left over."""
        process = self.process if self.process and self.process.poll() is None else None
        return {
            "state": self.state,
            "address": self.service.address,
            "caution": self.service.caution,
            "restarts": self.restarts,
            "pid": process.pid if process else None,
            "started": started(process.pid) if process else None,
            "stop_signal": self.service.stop_signal,
        }


class Supervisor:
    """Runs ``services`` until it is told to stop.

    ``tell`` receives one line for everything that a person should see.
    """

    def __init__(self, lab: Lab, services: list[Service], tell: Callable[[str], None]) -> None:
        """Check nothing, start nothing."""
        self.lab = lab
        self.tell = tell
        self.running = {service.name: Running(service) for service in services}
        self.stopping = asyncio.Event()
        self.failure: str | None = None
        self.unsaved = False

    async def run(self, when_ready: Callable[[], None]) -> None:
        """Start everything, call ``when_ready`` once all is ready, keep it so until ``stop``.

        Raises:
            LabError: a service could not be started; all others are stopped again.
        """
        # One thread for each: a question that hangs holds up no other.
        threads = ThreadPoolExecutor(len(self.running) + 2)
        asyncio.get_running_loop().set_default_executor(threads)
        tasks = [asyncio.create_task(self._keep(one)) for one in self.running.values()]
        progress = asyncio.create_task(self._show_progress())
        house = asyncio.create_task(self._keep_house())
        ready = asyncio.create_task(self._all_ready())
        stopping = asyncio.create_task(self.stopping.wait())
        try:
            await asyncio.wait({ready, stopping}, return_when=asyncio.FIRST_COMPLETED)
            progress.cancel()
            if not self.stopping.is_set():
                when_ready()
            await self.stopping.wait()
        finally:
            self.stopping.set()
            ready.cancel()
            progress.cancel()
            house.cancel()
            await asyncio.gather(*tasks, ready, progress, house, stopping, return_exceptions=True)
            await self._stop_all()
        if self.failure:
            raise LabError(self.failure)

    def stop(self) -> None:
        """Ask for a clean stop."""
        self.stopping.set()

    async def _all_ready(self) -> None:
        for one in self.running.values():
            await one.settled.wait()

    async def _show_progress(self) -> None:
        while True:
            await asyncio.sleep(5)
            waiting = [name for name, one in self.running.items() if one.state == "starting"]
            if waiting:
                self.tell(f"  ... waiting for {', '.join(waiting)}")

    async def _keep_house(self) -> None:
        """Keep the logs small, and write the state that could not be written before."""
        while True:
            await asyncio.sleep(HOUSEKEEPING_SECONDS)
            await asyncio.to_thread(shrink_logs, self.lab.logs)
            if self.unsaved:
                self._save()

    async def _keep(self, one: Running) -> None:
        """Start one service after those it needs, and again whenever it ends."""
        try:
            for name in one.service.after:
                if name in self.running:
                    await self._unless_stopping(self.running[name].settled.wait())
            pause, deaths = 1.0, 0
            while not self.stopping.is_set():
                began = time.monotonic()
                why = await self._live(one)
                if self.stopping.is_set() or one.state == "done":
                    return
                if held(self.lab, one.service.name):
                    await self._hold(one)
                    continue
                await asyncio.to_thread(end_group, one.process)
                deaths += not one.became_ready.is_set()
                if one.service.job or (deaths >= FIRST_TRIES and not one.settled.is_set()):
                    self._give_up(one, why)
                if time.monotonic() - began > STEADY_SECONDS:
                    pause = 1.0
                one.restarts += 1
                self._note(one, "restarting")
                self.tell(
                    f"! {one.service.name} {why}; starting it again in "
                    f"{pause:.0f} s (its log: {self._log_file(one)})"
                )
                await self._unless_stopping(asyncio.sleep(pause))
                pause = min(pause * 2, LONGEST_PAUSE)
        except asyncio.CancelledError:
            return
        except Exception as error:
            if not isinstance(error, LabError):
                log.exception("The supervisor of %s failed", one.service.name)
            self.failure = self.failure or str(error)
            self.stopping.set()
            self._note(one, "failed")

    async def _live(self, one: Running) -> str:
        """Start the service and watch it; return how that ended."""
        try:
            await self._start(one)
            return "" if one.state == "done" else await self._until_it_ends(one)
        except LabError as error:
            return f"could not be started: {error}"
        except Exception as error:
            # Whatever its seed needs may be away for a moment: the next start asks again.
            log.debug("%s could not be started", one.service.name, exc_info=True)
            return f"could not be started: {type(error).__name__}: {error}"

    def _give_up(self, one: Running, why: str) -> None:
        """Wait no longer for a service that has never been ready.

        Raises:
            LabError: the lab cannot do without it.
        """
        if not one.service.optional:
            raise LabError(self._why_it_failed(one, why))
        one.settled.set()
        self.tell(
            f"! {self._why_it_failed(one, why, lines=1)}\n"
            f"! The lab goes on without {one.service.name} and tries it again and again; "
            "if its data is broken, `make down` and `make reset` start anew."
        )

    async def _start(self, one: Running) -> None:
        service = one.service
        one.process = None
        self._note(one, "starting")
        began = time.monotonic()
        if service.prepare:
            await asyncio.to_thread(service.prepare)
        if service.fingerprint and self._done_before(one) == service.fingerprint:
            self._mark_ready(one)
            self._note(one, "done")
            self.tell(f"  {service.name:<14} unchanged          {service.what}")
            return
        # Before it is started: another process behind its port would answer in its place.
        await asyncio.to_thread(check_ports, [service])
        one.process = spawn(service, self._log_file(one), self.lab.secrets.values())
        self._note(one, "starting")
        while not self.stopping.is_set():
            code = one.process.poll()
            if service.job and code == 0:
                break
            if code is not None:
                return
            if not service.job and await asyncio.to_thread(_is_ready, service, one.process.pid):
                if service.seed:
                    await asyncio.to_thread(service.seed)
                break
            if time.monotonic() - began > READY_SECONDS:
                self.tell(f"! {service.name} was not ready within {READY_SECONDS} s")
                end_group(one.process)
                return
            # An answer costs the time of what is to start: what takes long is asked less often.
            await asyncio.sleep(max(0.1, (time.monotonic() - began) / 20))
        else:
            return
        if service.fingerprint:
            write_whole(self._mark(one), service.fingerprint)
        one.seconds = time.monotonic() - began
        again = one.became_ready.is_set()
        self._mark_ready(one)
        self._note(one, "done" if service.job else "ready")
        self.tell(
            f"  {service.name:<14} {'ready again' if again else one.state:<8}"
            f"{one.seconds:6.1f} s   {service.address or service.what}"
        )

    def _mark_ready(self, one: Running) -> None:
        one.became_ready.set()
        one.settled.set()

    async def _until_it_ends(self, one: Running) -> str:
        """Watch the service until it ends or owes too many answers; return which it was."""
        assert one.process is not None
        asked, owed = time.monotonic(), 0
        while not self.stopping.is_set() and not held(self.lab, one.service.name):
            if (code := one.process.poll()) is not None:
                return f"ended with {_meaning(code)}"
            if time.monotonic() - asked >= ALIVE_SECONDS:
                probe = one.service.alive or one.service.ready
                owed = 0 if await asyncio.to_thread(_holds, probe) else owed + 1
                if owed >= FAILED_PROBES:
                    return f"gave no answer {owed} times in a row"
                # One late answer is a busy machine.
                state = "not answering" if owed > 1 else "ready"
                if one.state != state and one.process.poll() is None:
                    self._note(one, state)
                asked = time.monotonic()
            await asyncio.sleep(min(0.5, ALIVE_SECONDS))
        return ""

    async def _hold(self, one: Running) -> None:
        """Stop the service, and wait until it may run again."""
        if one.process is not None:
            await asyncio.to_thread(self._stop, one)
        self._note(one, "held")
        self.tell(f"  {one.service.name:<14} stopped until `make start SERVICE={one.service.name}`")
        while held(self.lab, one.service.name):
            await self._unless_stopping(asyncio.sleep(0.2))

    async def _unless_stopping(self, awaitable: Any) -> None:
        """Wait, but no longer than until the lab is told to stop."""
        waiting = asyncio.ensure_future(awaitable)
        stopping = asyncio.create_task(self.stopping.wait())
        await asyncio.wait({waiting, stopping}, return_when=asyncio.FIRST_COMPLETED)
        stopping.cancel()
        if not waiting.done():
            waiting.cancel()
            raise asyncio.CancelledError

    async def _stop_all(self) -> None:
        """Stop each service once those that need it have stopped."""
        left = [one for one in self.running.values() if one.process]
        while left:
            needed = {name for one in left for name in one.service.after}
            last = [one for one in left if one.service.name not in needed] or left
            await asyncio.gather(*(asyncio.to_thread(self._stop, one) for one in last))
            for one in last:
                self._note(one, "failed" if one.state == "failed" else "stopped")
            left = [one for one in left if one not in last]

    def _stop(self, one: Running) -> None:
        assert one.process is not None
        if one.process.poll() is None:
            one.process.send_signal(one.service.stop_signal)
            try:
                one.process.wait(one.service.grace_seconds)
            except subprocess.TimeoutExpired:
                self.tell(f"! {one.service.name} did not stop by itself and was ended")
        end_group(one.process)

    def _note(self, one: Running, state: str) -> None:
        one.state = state
        self._save()

    def _save(self) -> None:
        """Write the state of all; what cannot be written now is written later."""
        facts = {name: running.facts() for name, running in self.running.items()}
        try:
            write_state(self.lab, facts)
        except OSError as error:
            if not self.unsaved:
                self.tell(
                    f"! The state of the lab cannot be written to {self.lab.home} "
                    f"({error.strerror}): until it can, `make status` shows the last one."
                )
            self.unsaved = True
        else:
            self.unsaved = False

    def _done_before(self, one: Running) -> str | None:
        """The fingerprint that the job had when it last ended well."""
        mark = self._mark(one)
        return mark.read_text(errors="replace") if mark.exists() else None

    def _mark(self, one: Running) -> Path:
        return self.lab.home / f"{one.service.name}.done"

    def _log_file(self, one: Running) -> Path:
        return self.lab.logs / f"{one.service.name}.log"

    def _why_it_failed(self, one: Running, why: str, lines: int = 12) -> str:
        said, log_file = f"{one.service.name} {why}", self._log_file(one)
        if one.process is None or not log_file.exists():
            return said
        written = [line for line in log_file.read_text(errors="replace").splitlines() if line]
        tail = "\n".join(f"    {line}" for line in written[-lines:])
        return f"{said}. {log_file} ends with:\n{tail}"


def spawn(service: Service, log_file: Path, secrets: Iterable[str] = ()) -> LoggedProcess:
    """Start the service's process in a session of its own, its output appended to the log.

    None of ``secrets`` gets into the log: Airflow masks them in the log of a task, but its
    LocalExecutor repeats that log, unmasked, in the scheduler's own output. So the output comes
    through a pipe, which is read to its end whatever becomes of the log.
    """
    log_file.parent.mkdir(parents=True, exist_ok=True)
    log_file.touch()
    process = LoggedProcess(
        service.command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        cwd=service.folder,
        env={**os.environ, **service.environment},
        start_new_session=True,
        **account(service.user),
    )
    masked = re.compile(b"|".join(re.escape(secret.encode()) for secret in secrets) or b"(?!)")

    def write_log() -> None:
        assert process.stdout is not None
        lost = 0
        for line in process.stdout:
            gap = b"(%d lines could not be written here)\n" % lost if lost else b""
            try:
                # Opened for each line: whoever deletes or replaces a log goes on seeing it grow.
                with log_file.open("ab", buffering=0) as output:
                    output.write(gap + masked.sub(b"***", line))
                lost = 0
            except OSError:
                # A full disk costs lines; a pipe that nobody reads would freeze the service.
                lost += 1

    process.writer = threading.Thread(target=write_log, daemon=True)
    process.writer.start()
    return process


def shrink_logs(folder: Path) -> None:
    """Copy each log that has grown too large and empty it; all are written at their end."""
    for file in folder.glob("*.log"):
        aside = file.with_suffix(".old.log")
        try:
            if file.name.endswith(".old.log") or file.stat().st_size <= LARGEST_LOG_BYTES:
                continue
            aside.unlink(missing_ok=True)
            shutil.copy2(file, aside)
        except OSError:
            # On a full disk the copy is what has to go.
            log.warning("There is no room for a copy of %s", file)
            aside.unlink(missing_ok=True)
        os.truncate(file, 0)


def end_group(process: LoggedProcess | None) -> None:
    """End what is left of the process's group; wait for the process and for the end of its log."""
    if process is None:
        return
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except (ProcessLookupError, PermissionError):
        log.debug("Nothing is left of process group %s", process.pid)
    process.wait()
    # A grandchild in a session of its own may hold the output open for longer.
    process.writer.join(timeout=2)


def end_leftovers(lab: Lab, tell: Callable[[str], None]) -> None:
    """End what a lab that was itself killed left running."""
    import psutil

    for name, facts in read_state(lab).items():
        pid = facts["pid"]
        if not pid or started(pid) != facts["started"]:
            continue
        tell(f"  {name} was left running by a lab that ended hard; ending it")
        try:
            leader = psutil.Process(pid)
            leader.send_signal(facts["stop_signal"])
            psutil.wait_procs([leader], timeout=10)
            os.killpg(pid, signal.SIGKILL)
        except (psutil.NoSuchProcess, ProcessLookupError):
            log.debug("Nothing is left of %s", name)
        except (psutil.AccessDenied, PermissionError) as error:
            raise LabError(
                f"{name} (process {pid}) was left running by another user's lab: "
                "end it as that user with `make down`."
            ) from error


def hold(lab: Lab, name: str) -> None:
    """Ask the running lab to stop one service and to leave it stopped."""
    _hold_mark(lab, name).touch()


def release(lab: Lab, name: str) -> None:
    """Let a service that is held run again."""
    _hold_mark(lab, name).unlink(missing_ok=True)


def held(lab: Lab, name: str) -> bool:
    """Whether the service is to be left stopped."""
    return _hold_mark(lab, name).exists()


def _hold_mark(lab: Lab, name: str) -> Path:
    return lab.home / f"{name}.held"


def started(pid: int) -> float | None:
    """When the process was started, which tells it from a later one of the same id.

    On Linux that is counted from the system's own start: a clock that is set changes nothing.
    """
    import psutil

    try:
        facts = Path(f"/proc/{pid}/stat")
        if facts.exists():
            # The name of the program comes before, in brackets, and may hold anything.
            return float(facts.read_text(errors="replace").rpartition(")")[2].split()[19])
        return float(psutil.Process(pid).create_time())
    except (psutil.NoSuchProcess, OSError):
        return None


def write_state(lab: Lab, facts: dict[str, dict[str, Any]]) -> None:
    """Keep the state of every service for `status`."""
    write_whole(lab.home / "state.json", json.dumps(facts, indent=1) + "\n")


def read_state(lab: Lab) -> dict[str, dict[str, Any]]:
    """What the last start wrote; empty if there was none, or if it cannot be read."""
    file = lab.home / "state.json"
    try:
        written = json.loads(file.read_text())
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as error:
        log.warning("%s cannot be read (%s); the next `make up` writes it anew", file, error)
        return {}
    found = written.items() if isinstance(written, dict) else ()
    state = {name: {**UNKNOWN, **facts} for name, facts in found if isinstance(facts, dict)}
    return {name: facts for name, facts in state.items() if _are_facts(facts)}


def _are_facts(facts: dict[str, Any]) -> bool:
    """Whether each fact is of its kind."""
    kinds = {"state": str, "address": str, "caution": str, "restarts": int, "stop_signal": int}
    return all(isinstance(facts[name], kind) for name, kind in kinds.items()) and (
        facts["pid"] is None or (isinstance(facts["pid"], int) and facts["pid"] > 1)
    )


def _is_ready(service: Service, pid: int) -> bool:
    """Whether the probe holds, and it is this process that answered it."""
    return _holds(service.ready) and started(pid) is not None and has_ports(pid, service.ports)


def _holds(probe: Probe) -> bool:
    """Whether the probe holds; one that gets no sensible answer does not, for now."""
    try:
        return probe()
    except Exception:
        log.debug("A probe had no answer", exc_info=True)
        return False


def _meaning(code: int | None) -> str:
    if code is not None and code < 0:
        return f"signal {signal.Signals(-code).name}"
    return f"exit code {code}"
