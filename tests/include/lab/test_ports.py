"""Whose port it is decides whose answer it was."""

import os
import socket
from collections.abc import Callable

import pytest

from include.lab.ports import check_ports, has_ports
from include.lab.service import Service
from include.lab.settings import LabError


def test_a_port_is_that_of_the_process_that_listens():
    """Neither another process nor a port that nobody has."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]

        assert has_ports(os.getpid(), (port,))
        assert has_ports(os.getppid(), ())
        assert not has_ports(os.getpid(), (port, 1))
    assert not has_ports(os.getpid(), (port,))


def test_a_port_for_datagrams_in_use_is_named(python: Callable[..., Service]):
    """Metrics come over one: its service would else be started again and again."""
    with socket.socket(type=socket.SOCK_DGRAM) as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]

        with pytest.raises(LabError, match=rf"Port {port}, wanted for metrics, .*\(process"):
            check_ports([python("metrics", udp_ports=(port,))])
