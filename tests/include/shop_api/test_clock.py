"""The real clock."""

import asyncio
from datetime import UTC, datetime, timedelta

from include.shop_api.clock import Clock


def test_the_clock_tells_the_real_time():
    """It is now, in UTC."""
    assert abs(Clock().now() - datetime.now(UTC)) < timedelta(seconds=5)


def test_a_pause_really_waits():
    """After a pause at least that many seconds have gone by."""
    clock = Clock()
    before = clock.monotonic()
    asyncio.run(clock.pause(0.02))
    assert clock.monotonic() - before >= 0.02
