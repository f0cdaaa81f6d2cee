"""Signals: what starts a Dag, and what is only noise in the topic."""

import pytest

from include.messaging import signals
from tests.include.messaging.messages import Received


def test_what_is_written_is_read() -> None:
    """As the extra of an Asset event, which is plain JSON."""
    assert signals.read(Received(signals.write("stock counted")["value"])) == {
        "signal": "stock counted"
    }


@pytest.mark.parametrize("value", [None, b"", b"\xff", b"[]", b"{}", b'{"signal": 7}', b'"stock"'])
def test_noise_starts_nothing(value: bytes | None) -> None:
    """It is passed over, and does not stop the watcher."""
    assert signals.read(Received(value)) is None
