"""`python -m include.lab`: start, stop and look at the lab; `make` calls it."""

import argparse
import asyncio
import fcntl
import logging
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import psutil

from include.configuration.reader import ConfigurationError
from include.lab import airflow
from include.lab import services as catalogue
from include.lab.airflow_settings import ADMIN
from include.lab.ports import check_ports
from include.lab.postgres import data_folder
from include.lab.service import Service
from include.lab.settings import Lab, LabError, unwritable
from include.lab.supervisor import (
    READY_SECONDS,
    UNKNOWN,
    Supervisor,
    end_leftovers,
    hold,
    read_state,
    release,
    started,
)


def main() -> int:
    """Run one command; return its exit code."""
    parser = argparse.ArgumentParser(prog="lab", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    for command, action in COMMANDS.items():
        sub = commands.add_parser(command, help=action.__doc__)
        if command in {"logs", "stop", "start"}:
            sub.add_argument("service")
        if command == "up":
            sub.add_argument(
                "--end-with-parent", action="store_true", help="stop when the caller is gone"
            )
        if command == "reset":
            sub.add_argument("--yes", action="store_true", help="do not ask")
    options = parser.parse_args()
    try:
        # Only a start needs the secrets: all else works where their file is broken.
        return COMMANDS[options.command](Lab.from_environment(with_secrets=False), options)
    except (LabError, ConfigurationError) as error:
        tell(f"{error}")
    except OSError as error:
        logging.getLogger(__name__).debug("The command ended early", exc_info=True)
        tell(f"That did not work ({error}): put it right, and give the command again.")
    return 1


def up(lab: Lab, options: argparse.Namespace) -> int:
    """Start every service and Airflow, and keep them running until Ctrl-C."""
    logging.basicConfig(level=logging.WARNING)
    # Whatever the lab makes, nobody but its user writes to.
    os.umask(os.umask(0o022) | 0o022)
    check_folder(lab)
    with only_one(lab):
        lab = Lab.from_environment()
        end_leftovers(lab, tell)
        described = catalogue.services(lab)
        for service in described:
            release(lab, service.name)
        check_ports(described)
        tell(f"Starting the lab ({len(described)} services, state in {lab.home})")
        asyncio.run(_run(lab, described, os.getppid() if options.end_with_parent else None))
    tell("The lab has stopped.")
    return 0


def down(lab: Lab, options: argparse.Namespace) -> int:
    """Stop the running lab."""
    pid = running_pid(lab)
    if pid is None:
        end_leftovers(lab, tell)
        tell("The lab is not running.")
        return 0
    os.kill(pid, signal.SIGTERM)
    tell("Stopping the lab ...")
    waited = time.monotonic()
    while running_pid(lab) is not None:
        if time.monotonic() - waited > 90:
            raise LabError(f"The lab (process {pid}) is still stopping after 90 s: see {lab.logs}.")
        time.sleep(0.2)
    tell("The lab has stopped.")
    return 0


def status(lab: Lab, options: argparse.Namespace) -> int:
    """Show each service's state, memory and address; exit with 1 if one is failed or starting."""
    if running_pid(lab) is None:
        tell("The lab is not running. Start it with `make up`.")
        return 1
    facts = read_state(lab)
    if not facts:
        raise LabError(
            f"The lab runs, but {lab.home / 'state.json'} does not say what: `make down`, then "
            "`make up`, starts it anew."
        )
    tell(f"{'SERVICE':<14} {'STATE':<14} {'MEMORY':>8}  {'RESTARTS':>8}  ADDRESS")
    total, well = 0, True
    for name, one in facts.items():
        memory = memory_bytes(one["pid"])
        total += memory
        # Where the state could not be written, the process itself tells that it is gone.
        state = one["state"] if memory or not one["pid"] else "ended"
        shown = f"{memory / 2**20:.0f} MiB" if memory else "-"
        well &= state in {"ready", "done", "held"}
        tell(f"{name:<14} {state:<14} {shown:>8}  {one['restarts']:>8}  {one['address']}")
    tell(f"{'all':<14} {'':<14} {total / 2**20:>4.0f} MiB")
    for one in facts.values():
        if one["caution"]:
            tell(one["caution"])
    for name in _held(facts):
        tell(f"{name} is held: stopped by `make stop` until `make start SERVICE={name}`.")
    return 0 if well else 1


def stop(lab: Lab, options: argparse.Namespace) -> int:
    """Stop one service of the running lab, to see what becomes of its lessons."""
    hold(lab, _running_service(lab, options))
    _wait_for(lab, options.service, "held")
    tell(f"{options.service} has stopped. `make start SERVICE={options.service}` starts it again.")
    return 0


def start(lab: Lab, options: argparse.Namespace) -> int:
    """Start a service again that was stopped."""
    release(lab, _running_service(lab, options))
    _wait_for(lab, options.service, "ready")
    tell(f"{options.service} is ready.")
    return 0


def _running_service(lab: Lab, options: argparse.Namespace) -> str:
    """The name, if it is one of the running lab's services that can be stopped by itself."""
    if running_pid(lab) is None:
        raise LabError("The lab is not running. Start it with `make up`.")
    facts, name = read_state(lab), str(options.service)
    # What has ended by itself is a job that was done.
    there = [service for service, one in facts.items() if one["state"] != "done"]
    if not name:
        likely = [*(_held(facts) if options.command == "start" else ()), *there, "kafka"]
        raise LabError(_name_one(options.command, likely[0], there))
    if name not in there:
        raise LabError(f"SERVICE={name} is not running in this lab. There are: {', '.join(there)}.")
    return name


def _name_one(command: str, example: str, there: list[str]) -> str:
    """What to write, and which names there are, for a command that was given none."""
    return f"Name a service: `make {command} SERVICE={example}`. There are: {', '.join(there)}."


def _held(facts: dict[str, dict[str, Any]]) -> list[str]:
    """The services that `make stop` has stopped."""
    return [name for name, one in facts.items() if one["state"] == "held"]


def _wait_for(lab: Lab, name: str, state: str) -> None:
    """Wait until the service is in the state."""
    waited = time.monotonic()
    while (now := read_state(lab).get(name, UNKNOWN)["state"]) != state:
        if time.monotonic() - waited > READY_SECONDS or running_pid(lab) is None:
            raise LabError(f"{name} is {now}: see {lab.logs}.")
        time.sleep(0.1)


def logs(lab: Lab, options: argparse.Namespace) -> int:
    """Follow the log of one service."""
    file = lab.logs / f"{options.service}.log"
    if not file.exists():
        there = sorted(log.stem for log in lab.logs.glob("*.log"))
        if not there:
            raise LabError("There is no log yet. Start the lab with `make up`.")
        if not options.service:
            example = "scheduler" if "scheduler" in there else there[0]
            raise LabError(_name_one(options.command, example, there))
        raise LabError(f"SERVICE={options.service} has no log. There are: {', '.join(there)}.")
    with subprocess.Popen(["tail", "-n", "200", "-F", file]) as tail:
        try:
            return tail.wait()
        except KeyboardInterrupt:
            return 0


def reset(lab: Lab, options: argparse.Namespace) -> int:
    """Delete the lab's state: runs, data, logs and secrets. The installed packages stay."""
    if running_pid(lab) is not None:
        raise LabError("The lab is running. Stop it first with `make down`.")
    check_folder(lab)
    with only_one(lab):
        end_leftovers(lab, tell)
        data = data_folder(lab)
        doomed = [path for path in lab.home.iterdir() if path.name not in KEPT_BY_RESET]
        if data.parent != lab.home and data.parent.exists():
            doomed.append(data.parent)
        if not options.yes:
            names = ", ".join(path.name for path in doomed)
            question = f"Delete all runs, data and settings of this lab ({names})? [y/N] "
            if _answer(question) not in {"y", "yes"}:
                tell("Nothing was deleted.")
                return 1
        for path in doomed:
            # Of a link the link alone: what it leads to is not the lab's.
            if path.is_dir() and not path.is_symlink():
                shutil.rmtree(path)
            else:
                path.unlink()
    tell("The lab is as new.")
    return 0


def _answer(question: str) -> str:
    """What a person answers; nothing where there is nobody to ask."""
    try:
        return input(question).strip().lower()
    except EOFError:
        tell("")
        return ""


def check_folder(lab: Lab) -> None:
    """Refuse a folder that holds something else than a lab.

    Raises:
        LabError: `LAB_HOME` names a folder with files in it that no lab has made.
    """
    names = {path.name for path in lab.home.iterdir()} if lab.home.exists() else set()
    if names - KEPT_BY_RESET and not names & MARKS:
        raise LabError(
            f"{lab.home} is not a lab's folder, but has files in it: name an empty folder, or one "
            "that does not exist yet, with LAB_HOME."
        )


COMMANDS: dict[str, Callable[[Lab, argparse.Namespace], int]] = {
    "up": up,
    "down": down,
    "status": status,
    "stop": stop,
    "start": start,
    "logs": logs,
    "reset": reset,
}

KEPT_BY_RESET = {"venv", "node", "lab.lock"}

MARKS = {"lab.lock", "secrets.json"}
"""By one of these files a lab's folder is known."""

LOCK_TRIES = 50
"""How often a lock is tried that a look at it may hold for an instant."""


async def _run(lab: Lab, described: list[Service], parent: int | None) -> None:
    supervisor = Supervisor(lab, described, tell)
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        loop.add_signal_handler(number, _stop, supervisor)
    # Suspended, it would read no output: each service would freeze once its pipe is full.
    loop.add_signal_handler(signal.SIGTSTP, tell, "Ctrl-Z would freeze the lab; Ctrl-C stops it.")
    began = time.monotonic()

    def greet() -> None:
        tell(f"\nReady after {time.monotonic() - began:.0f} s.")
        if airflow.NAME not in lab.without:
            _greet_from_airflow(lab)
        if "inbox" not in lab.without:
            tell(f"{lab.url('inbox')} · the inbox: what the lessons send out")
        tell("Ctrl-C stops everything; runs and data are kept.")

    async def watch_parent() -> None:
        while os.getppid() == parent:
            await asyncio.sleep(1)
        supervisor.stop()

    watch = asyncio.create_task(watch_parent()) if parent else None
    await supervisor.run(greet)
    if watch:
        watch.cancel()


def _greet_from_airflow(lab: Lab) -> None:
    """Say where Airflow is, how many Dags it has, and which files it could not read."""
    try:
        listed, errors = airflow.listed_lessons(lab), airflow.import_errors(lab)
    except OSError as error:
        listed, errors = None, [f"Airflow does not say which Dags it has: {error}"]
    for line in errors:
        tell(f"! {line}")
    dags = ""
    if listed is not None:
        helpers = sum("__" in dag_id for dag_id in listed)
        dags = f" · {len(listed) - helpers} lessons and {helpers} helpers"
    tell(f"{lab.address} · {' / '.join(ADMIN)}{dags}")


def _stop(supervisor: Supervisor) -> None:
    if not supervisor.stopping.is_set():
        tell("\nStopping ...")
    supervisor.stop()


@contextmanager
def only_one(lab: Lab) -> Iterator[None]:
    """Hold the lab's lock, so that no second one starts on the same state."""
    try:
        lab.home.mkdir(parents=True, exist_ok=True)
        opened = (lab.home / "lab.lock").open("a+", errors="replace")
    except OSError as error:
        raise LabError(unwritable(lab.home, error)) from error
    with opened as lock:
        for left in reversed(range(LOCK_TRIES)):
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if not left:
                    lock.seek(0)
                    raise LabError(
                        f"The lab is already running (process {lock.read().strip()}): "
                        f"{lab.address}. `make status` shows it, `make down` stops it."
                    ) from None
                time.sleep(0.01)
        lock.truncate(0)
        lock.write(str(os.getpid()))
        lock.flush()
        yield


def running_pid(lab: Lab) -> int | None:
    """The process that holds the lab's lock; None if the lab is not running.

    Raises:
        LabError: the lock is held, and does not say by which process.
    """
    file = lab.home / "lab.lock"
    for _ in range(LOCK_TRIES if file.exists() else 0):
        with file.open(errors="replace") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
            except BlockingIOError:
                if (pid := lock.read().strip()).isdecimal():
                    return int(pid)
                # It was locked this instant, and is about to be written.
                time.sleep(0.01)
            else:
                return None
    if file.exists():
        raise LabError(
            f"{file} does not say which process runs the lab: stop it with Ctrl-C where it was "
            "started, and start it again."
        )
    return None


def memory_bytes(pid: int | None) -> int:
    """The memory of a process and its children; what they share is counted once where known."""
    if pid is None or started(pid) is None:
        return 0
    total = 0
    leader = psutil.Process(pid)
    for process in (leader, *leader.children(recursive=True)):
        try:
            facts = process.memory_full_info()
            total += getattr(facts, "pss", facts.uss)
        except (psutil.AccessDenied, psutil.NoSuchProcess):
            continue
    return total


def tell(line: str) -> None:
    """One line for the person at the terminal."""
    try:
        sys.stdout.write(f"{line}\n")
        sys.stdout.flush()
    except OSError:
        # A terminal that is gone, or a full disk behind it, stops no service.
        logging.getLogger(__name__).debug("Nobody could be told: %s", line)


if __name__ == "__main__":
    sys.exit(main())
