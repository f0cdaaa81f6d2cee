"""Starts services in their order, keeps them alive and stops them without a trace."""

import asyncio
import json
import logging
import os
import re
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from include.lab.service import Probe, Service, account
from include.lab.settings import Lab, LabError

READY_SECONDS = 180
"""How long a service may take until its probe holds."""

FIRST_TRIES = 3
"""How often a service may die before it was ever ready; then the start has failed."""

LONGEST_PAUSE = 30
"""Seconds between two restarts at the most; the pause doubles from one second."""

STEADY_SECONDS = 60
"""A service that ran this long starts again without the pause it had grown to."""

LARGEST_LOG_BYTES = 10 * 2**20
"""A larger log is put aside when its service starts; the one put aside before is dropped."""

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

    def facts(self) -> dict[str, Any]:
        """What `status` shows and a later start needs to find what is left over."""
        process = self.process if self.process and self.process.poll() is None else None
        return {
            "state": self.state,
            "address": self.service.address,
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

    async def run(self, when_ready: Callable[[], None]) -> None:
        """Start everything, call ``when_ready`` once all is ready, keep it so until ``stop``.

        Raises:
            LabError: a service could not be started; all others are stopped again.
        """
        tasks = [asyncio.create_task(self._keep(one)) for one in self.running.values()]
        progress = asyncio.create_task(self._show_progress())
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
            await asyncio.gather(*tasks, ready, progress, stopping, return_exceptions=True)
            await self._stop_all()
        if self.failure:
            raise LabError(self.failure)

    def stop(self) -> None:
        """Ask for a clean stop."""
        self.stopping.set()

    async def _all_ready(self) -> None:
        for one in self.running.values():
            await one.became_ready.wait()

    async def _show_progress(self) -> None:
        while True:
            await asyncio.sleep(5)
            waiting = [name for name, one in self.running.items() if one.state == "starting"]
            if waiting:
                self.tell(f"  ... waiting for {', '.join(waiting)}")

    async def _keep(self, one: Running) -> None:
        """Start one service after those it needs, and again whenever it dies."""
        try:
            for name in one.service.after:
                if name in self.running:
                    await self._unless_stopping(self.running[name].became_ready.wait())
            pause, deaths = 1.0, 0
            while not self.stopping.is_set():
                began = time.monotonic()
                await self._start(one)
                if one.service.job and one.became_ready.is_set():
                    return
                code = await self._until_it_ends(one)
                if self.stopping.is_set():
                    return
                if held(self.lab, one.service.name):
                    await self._hold(one)
                    continue
                end_group(one.process)
                deaths += not one.became_ready.is_set()
                if deaths >= FIRST_TRIES or one.service.job:
                    raise LabError(self._why_it_failed(one, code))
                if time.monotonic() - began > STEADY_SECONDS:
                    pause = 1.0
                one.restarts += 1
                self._note(one, "restarting")
                self.tell(
                    f"! {one.service.name} ended with {_meaning(code)}; starting it again in "
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
            self._note(one, "failed")
            self.stopping.set()

    async def _start(self, one: Running) -> None:
        service = one.service
        self._note(one, "starting")
        began = time.monotonic()
        if service.prepare:
            await asyncio.to_thread(service.prepare)
        if service.fingerprint and self._done_before(one) == service.fingerprint:
            one.became_ready.set()
            self._note(one, "done")
            self.tell(f"  {service.name:<14} unchanged          {service.what}")
            return
        one.process = spawn(service, self._log_file(one), self.lab.secrets.values())
        self._note(one, "starting")
        while not self.stopping.is_set():
            code = one.process.poll()
            if service.job and code == 0:
                break
            if code is not None:
                return
            if not service.job and await asyncio.to_thread(_holds, service.ready):
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
            self._mark(one).write_text(service.fingerprint)
        one.seconds = time.monotonic() - began
        again = one.became_ready.is_set()
        one.became_ready.set()
        self._note(one, "done" if service.job else "ready")
        self.tell(
            f"  {service.name:<14} {'ready again' if again else one.state:<8}"
            f"{one.seconds:6.1f} s   {service.address or service.what}"
        )

    async def _until_it_ends(self, one: Running) -> int | None:
        assert one.process is not None
        while not self.stopping.is_set() and not held(self.lab, one.service.name):
            if (code := one.process.poll()) is not None:
                return code
            await asyncio.sleep(0.5)
        return None

    async def _hold(self, one: Running) -> None:
        """Stop the service, and wait until it may run again."""
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
        facts = {name: running.facts() for name, running in self.running.items()}
        write_state(self.lab, facts)

    def _done_before(self, one: Running) -> str | None:
        """The fingerprint that the job had when it last ended well."""
        mark = self._mark(one)
        return mark.read_text() if mark.exists() else None

    def _mark(self, one: Running) -> Path:
        return self.lab.home / f"{one.service.name}.done"

    def _log_file(self, one: Running) -> Path:
        return self.lab.logs / f"{one.service.name}.log"

    def _why_it_failed(self, one: Running, code: int | None) -> str:
        log_file = self._log_file(one)
        tail = log_file.read_text(errors="replace").splitlines()[-12:]
        lines = "\n".join(f"    {line}" for line in tail)
        return f"{one.service.name} ended with {_meaning(code)}. {log_file} ends with:\n{lines}"


def spawn(service: Service, log_file: Path, secrets: Iterable[str] = ()) -> LoggedProcess:
    """Start the service's process in a session of its own, its output appended to the log.

    None of ``secrets`` gets into the log: Airflow masks them in the log of a task, but its
    LocalExecutor repeats that log, unmasked, in the scheduler's own output.
    """
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
    begin_log(log_file)
    masked = re.compile(b"|".join(re.escape(secret.encode()) for secret in secrets) or b"(?!)")

    def write_log() -> None:
        assert process.stdout is not None
        with log_file.open("ab", buffering=0) as output:
            for line in process.stdout:
                output.write(masked.sub(b"***", line))

    process.writer = threading.Thread(target=write_log, daemon=True)
    process.writer.start()
    return process


def begin_log(file: Path) -> None:
    """Make a log's folder, and put a log that has grown too large aside."""
    file.parent.mkdir(parents=True, exist_ok=True)
    if file.exists() and file.stat().st_size > LARGEST_LOG_BYTES:
        file.replace(file.with_suffix(".old.log"))


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
        if pid and started(pid) == facts["started"]:
            tell(f"  {name} was left running by a lab that ended hard; ending it")
            leader = psutil.Process(pid)
            leader.send_signal(facts["stop_signal"])
            psutil.wait_procs([leader], timeout=10)
            try:
                os.killpg(pid, signal.SIGKILL)
            except ProcessLookupError:
                continue


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
    """When the process was started, which tells it from a later one of the same id."""
    import psutil

    try:
        return float(psutil.Process(pid).create_time())
    except psutil.NoSuchProcess:
        return None


def write_state(lab: Lab, facts: dict[str, dict[str, Any]]) -> None:
    """Keep the state of every service for `status`."""
    part = lab.home / "state.part"
    part.write_text(json.dumps(facts, indent=1) + "\n")
    part.replace(lab.home / "state.json")


def read_state(lab: Lab) -> dict[str, dict[str, Any]]:
    """What the last start wrote; empty if there was none."""
    file = lab.home / "state.json"
    return json.loads(file.read_text()) if file.exists() else {}


def _holds(ready: Probe) -> bool:
    """Whether the probe holds; one that gets no sensible answer does not, for now."""
    try:
        return ready()
    except (OSError, ValueError):
        log.debug("A probe had no answer", exc_info=True)
        return False


def _meaning(code: int | None) -> str:
    if code is not None and code < 0:
        return f"signal {signal.Signals(-code).name}"
    return f"exit code {code}"
