"""Time as the API sees it, in one place so that a test can hold it in its hand."""

import asyncio
import time
from datetime import UTC, datetime


class Clock:
    """The real time."""

    def now(self) -> datetime:
        """Return the wall clock's time in UTC."""
        return datetime.now(UTC)

    def monotonic(self) -> float:
        """Return seconds that never run backwards; only differences mean something."""
        return time.monotonic()

    async def pause(self, seconds: float) -> None:
        """Let this call wait while others go on."""
        await asyncio.sleep(seconds)
