"""`python -m include.lab`: start, stop and look at the lab; `make` calls it."""

import argparse
import asyncio
import fcntl
import logging
import os
import shutil
import signal
import socket
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
from include.lab.postgres import data_folder
from include.lab.service import Service
from include.lab.settings import HOST, Lab, LabError
from include.lab.supervisor import (
    READY_SECONDS,
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
        return COMMANDS[options.command](Lab.from_environment(), options)
    except (LabError, ConfigurationError) as error:
        tell(f"{error}")
        return 1


def up(lab: Lab, options: argparse.Namespace) -> int:
    """Start every service and Airflow, and keep them running until Ctrl-C."""
    logging.basicConfig(level=logging.WARNING)
    with only_one(lab):
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
    tell(f"{'SERVICE':<14} {'STATE':<11} {'MEMORY':>8}  {'RESTARTS':>8}  ADDRESS")
    total = 0
    for name, one in facts.items():
        memory = memory_bytes(one["pid"])
        total += memory
        shown = f"{memory / 2**20:.0f} MiB" if memory else "-"
        tell(f"{name:<14} {one['state']:<11} {shown:>8}  {one['restarts']:>8}  {one['address']}")
    tell(f"{'all':<14} {'':<11} {total / 2**20:>4.0f} MiB")
    for name in _held(facts):
        tell(f"{name} is held: stopped by `make stop` until `make start SERVICE={name}`.")
    return 0 if all(one["state"] in {"ready", "done", "held"} for one in facts.values()) else 1


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
        likely = [*(_held(facts) if options.command == "start" else ()), *there]
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
    while read_state(lab)[name]["state"] != state:
        if time.monotonic() - waited > READY_SECONDS or running_pid(lab) is None:
            raise LabError(f"{name} is {read_state(lab)[name]['state']}: see {lab.logs}.")
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
    data = data_folder(lab)
    doomed = [path for path in lab.home.iterdir() if path.name not in KEPT_BY_RESET]
    if data.parent != lab.home and data.parent.exists():
        doomed.append(data.parent)
    if not options.yes:
        names = ", ".join(path.name for path in doomed)
        answer = input(f"Delete all runs, data and settings of this lab ({names})? [y/N] ")
        if answer.strip().lower() not in {"y", "yes"}:
            tell("Nothing was deleted.")
            return 1
    for path in doomed:
        shutil.rmtree(path) if path.is_dir() else path.unlink()
    tell("The lab is as new.")
    return 0


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


async def _run(lab: Lab, described: list[Service], parent: int | None) -> None:
    supervisor = Supervisor(lab, described, tell)
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        loop.add_signal_handler(number, _stop, supervisor)
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
    lab.home.mkdir(parents=True, exist_ok=True)
    with (lab.home / "lab.lock").open("a+") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            lock.seek(0)
            pid = lock.read().strip()
            raise LabError(
                f"The lab is already running (process {pid}): {lab.address}. "
                "`make status` shows it, `make down` stops it."
            ) from None
        lock.truncate(0)
        lock.write(str(os.getpid()))
        lock.flush()
        yield


def running_pid(lab: Lab) -> int | None:
    """The process that holds the lab's lock; None if the lab is not running."""
    file = lab.home / "lab.lock"
    if not file.exists():
        return None
    with file.open() as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return int(lock.read())
        return None


def check_ports(described: list[Service]) -> None:
    """Refuse to start while another process has one of the ports.

    Raises:
        LabError: naming the port, who has it, and the way out.
    """
    for service in described:
        for port in service.ports:
            with socket.socket() as attempt:
                attempt.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                try:
                    attempt.bind((HOST, port))
                except OSError:
                    raise LabError(
                        f"Port {port}, wanted for {service.name}, is in use by {_owner(port)}. "
                        "Stop it, or start the lab on other ports: make up LAB_PORT_BASE=9080"
                    ) from None


def _owner(port: int) -> str:
    """Who listens on ``port``, as far as this user may know."""
    try:
        connections = psutil.net_connections("tcp")
    except psutil.AccessDenied:
        connections = []
    for connection in connections:
        if connection.status == psutil.CONN_LISTEN and connection.laddr.port == port:
            try:
                process = psutil.Process(connection.pid)
                return f"{process.name()} (process {process.pid}: {' '.join(process.cmdline())})"
            except (psutil.Error, ValueError):
                break
    return "another process"


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
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
