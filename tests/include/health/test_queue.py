"""A topic, on a cluster in a state that the lab's is not in; the rest is proven on the real one."""

from types import SimpleNamespace
from typing import Any

import pytest

from include.health import queue
from include.health.check import UnhealthyError


def cluster(*leaders: int) -> Any:
    """What an admin client tells of a topic `t` with these leaders of its partitions."""
    partitions = {n: SimpleNamespace(leader=leader) for n, leader in enumerate(leaders)}
    metadata = SimpleNamespace(topics={"t": SimpleNamespace(partitions=partitions)})
    return SimpleNamespace(list_topics=lambda timeout: metadata)


def test_each_partition_needs_a_leader():
    """One without it takes no message; a topic that is not listed is missing."""
    queue.probe(cluster(1, 2), "t")
    with pytest.raises(UnhealthyError, match=r"topic t: partitions \[1\] have no leader"):
        queue.probe(cluster(1, -1), "t")
    with pytest.raises(UnhealthyError, match="topic other is missing"):
        queue.probe(cluster(1), "other")
