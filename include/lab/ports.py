"""Who listens on a port of this machine: a service of the lab, or somebody else."""

import socket

import psutil

from include.lab.service import Service
from include.lab.settings import HOST, LabError


def check_ports(described: list[Service]) -> None:
    """Refuse to start while another process has one of the ports.

    Raises:
        LabError: naming the port, who has it, and the way out.
    """
    for service in described:
        for kind, ports in (
            (socket.SOCK_STREAM, service.ports),
            (socket.SOCK_DGRAM, service.udp_ports),
        ):
            for port in ports:
                with socket.socket(type=kind) as attempt:
                    if kind == socket.SOCK_STREAM:
                        attempt.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                    try:
                        attempt.bind((HOST, port))
                    except OSError:
                        raise LabError(
                            f"Port {port}, wanted for {service.name}, is in use by {owner(port)}. "
                            "Stop it, or start the lab on other ports: make up LAB_PORT_BASE=9080"
                        ) from None


def owner(port: int) -> str:
    """Who has ``port``, as far as this user may know."""
    try:
        connections = psutil.net_connections("inet")
    except psutil.AccessDenied:
        connections = []
    for connection in connections:
        # A socket of datagrams has no state, and no other end.
        waits = connection.status == psutil.CONN_LISTEN or not connection.raddr
        if waits and connection.laddr and connection.laddr.port == port and connection.pid:
            try:
                process = psutil.Process(connection.pid)
                return f"{process.name()} (process {process.pid}: {' '.join(process.cmdline())})"
            except (psutil.Error, ValueError):
                break
    return "another process"


def has_ports(pid: int, ports: tuple[int, ...]) -> bool:
    """Whether the process and its children listen on all of ``ports``: an answer is then theirs."""
    if not ports:
        return True
    try:
        leader = psutil.Process(pid)
        family = [leader, *leader.children(recursive=True)]
    except psutil.NoSuchProcess:
        return False
    heard: set[int] = set()
    for process in family:
        try:
            connections = process.net_connections("tcp")
        except psutil.AccessDenied:
            # The system does not tell, so the answer has to do.
            return True
        except psutil.NoSuchProcess:
            continue
        heard |= {one.laddr.port for one in connections if one.status == psutil.CONN_LISTEN}
    return heard.issuperset(ports)
