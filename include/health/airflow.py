"""Airflow's own components, as its health page tells of them."""

from collections.abc import Mapping
from typing import Any

from include.health.check import UnhealthyError


def judge(answer: Mapping[str, Mapping[str, Any]]) -> None:
    """Read what `/api/v2/monitor/health` answers; a component that nobody runs has no status.

    Raises:
        UnhealthyError: a component has not shown itself for too long; all of them are named.
    """
    ill = [name for name, facts in answer.items() if facts["status"] not in ("healthy", None)]
    if ill:
        raise UnhealthyError(f"no sign of life from {', '.join(sorted(ill))}")
