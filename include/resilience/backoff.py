"""How long to wait before the next try, and what the waits were that a service saw."""

from collections.abc import Iterable, Mapping
from datetime import timedelta
from hashlib import sha256
from itertools import pairwise
from typing import Any


def backoff(tries: int, first: timedelta, factor: float, cap: timedelta) -> timedelta:
    """Return the wait after so many failed tries: `first`, then each `factor` times the one before.

    No wait is longer than `cap`.

    Raises:
        ValueError: there was no try yet, or the waits would become shorter.
    """
    if tries < 1:
        raise ValueError(f"tries is {tries}; the first wait comes after try 1.")
    if factor < 1:
        raise ValueError(f"factor is {factor}; below 1 each wait would be shorter than the last.")
    try:
        return min(cap, first * factor ** (tries - 1))
    except OverflowError:
        return cap


def spread(wait: timedelta, key: str, share: float = 0.25) -> timedelta:
    """Return the wait made longer by a part of it: from nothing up to `share`.

    Callers that were turned away together so come back one by one. The part follows from `key`,
    which names the caller and its try: it looks like chance, and is the same for the same key.
    """
    first_bytes = sha256(key.encode()).digest()[:8]
    return wait * (1 + share * int.from_bytes(first_bytes) / 2**64)


def tries_by_path(calls: Iterable[Mapping[str, Any]]) -> dict[str, dict[str, Any]]:
    """Tell, for each path that a service was called at, how the calls were spaced.

    Args:
        calls: what the partner API's `GET /received` returns.

    Returns:
        For each path `calls`, how many there were; `broken`, how many of them a fault failed or
        delayed; `waits`, the seconds from each of these to the call that followed; and
        `repeated`, how many calls asked again what had been answered well before.
    """
    by_path: dict[str, list[Mapping[str, Any]]] = {}
    for call in calls:
        by_path.setdefault(call["path"], []).append(call)
    return {path: _tries(calls) for path, calls in sorted(by_path.items())}


def _tries(calls: list[Mapping[str, Any]]) -> dict[str, Any]:
    good = [str(call["query"]) for call in calls if call["status"] == 200 and not call["faulted"]]
    return {
        "calls": len(calls),
        "broken": sum(call["faulted"] for call in calls),
        "waits": [
            round(after["monotonic"] - call["monotonic"], 1)
            for call, after in pairwise(calls)
            if call["faulted"]
        ],
        "repeated": len(good) - len(set(good)),
    }
