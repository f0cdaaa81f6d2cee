"""The rate limit: each client has a bucket of calls that fills up again steadily."""

from include.shop_api.clock import Clock


class RateLimit:
    """A token bucket per client: `burst` calls at once, `per_second` calls for ever."""

    def __init__(self, burst: int, per_second: float, clock: Clock) -> None:
        self._burst = burst
        self._per_second = per_second
        self._clock = clock
        # Of each client: how many calls were left, and at which monotonic second.
        self._buckets: dict[str, tuple[float, float]] = {}

    def wait_for(self, client: str) -> float:
        """Take one call from the client's bucket; return 0, or how many seconds are missing.

        A call that has to wait takes nothing.
        """
        now = self._clock.monotonic()
        left, since = self._buckets.get(client, (float(self._burst), now))
        left = min(self._burst, left + (now - since) * self._per_second)
        granted = left >= 1
        self._buckets[client] = (left - 1 if granted else left, now)
        return 0.0 if granted else (1 - left) / self._per_second
