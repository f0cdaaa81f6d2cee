"""The one plugin file that Airflow loads by itself."""

import logging

import pytest

from plugins import curriculum


@pytest.mark.parametrize("name", curriculum.SPEAK_OF_NO_LINEAGE)
@pytest.mark.parametrize(("level", "is_kept"), [(logging.INFO, False), (logging.WARNING, True)])
def test_a_task_that_sends_no_lineage_says_nothing_of_it(
    name: str, level: int, is_kept: bool
) -> None:
    """Its listener's warnings are kept; Airflow resets levels in each task, but no filters."""
    record = logging.LogRecord(name, level, __file__, 1, "emission policy", None, None)

    assert bool(logging.getLogger(name).filter(record)) is is_kept
