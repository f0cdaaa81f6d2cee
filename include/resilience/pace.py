"""Calls at a steady pace, so that a rate limit is never reached."""

import time
from collections.abc import Callable


class Pace:
    """Lets its caller pass at most so many times a second, evenly spaced."""

    def __init__(
        self,
        per_second: float,
        now: Callable[[], float] = time.monotonic,
        wait: Callable[[float], None] = time.sleep,
    ) -> None:
        """Let `per_second` calls pass; `now` and `wait` are in seconds.

        Raises:
            ValueError: at this pace no call would ever pass.
        """
        if per_second <= 0:
            raise ValueError(f"per_second is {per_second}; it must be above 0.")
        self._gap = 1 / per_second
        self._now = now
        self._wait = wait
        self._next = now()

    def keep(self) -> None:
        """Return when the next call may be sent; time that was not used is not saved up."""
        if (early := self._next - self._now()) > 0:
            self._wait(early)
        self._next = max(self._next, self._now()) + self._gap
