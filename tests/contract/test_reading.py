"""Every lesson is read alone, by itself: quietly and without reaching for anything.

Airflow's Dag processor reads each file in a process of its own, again and again.
"""

import pytest

from include.curriculum.syllabus import Lesson
from tests.bench.parsing import Reading
from tests.contract.conftest import BUILT, RULE_BREAKER, Measured

pytestmark = pytest.mark.slow


def test_it_loads(lesson: Lesson, reading: Reading):
    """The file can be imported, and holds the lesson's Dag and its helpers alone."""
    assert reading.errors == []
    assert lesson.id in reading.dag_ids
    helpers = [dag_id for dag_id in reading.dag_ids if dag_id != lesson.id]
    assert [dag_id for dag_id in helpers if not dag_id.startswith(f"{lesson.id}__")] == []


def test_it_uses_nothing_deprecated(reading: Reading):
    """No line of ours makes Python or Airflow warn of something that will go."""
    assert reading.deprecations == []


def test_it_reaches_for_nothing(reading: Reading):
    """No network, database, Connection, Variable or written file while the lesson is read."""
    assert reading.reached == []


def test_it_loads_nothing_heavy(reading: Reading):
    """What takes long to import is imported inside the task that uses it."""
    assert reading.heavy == []


def test_a_file_that_breaks_every_rule_is_caught(measured: Measured):
    """The guards see what they are there for."""
    reading = measured[RULE_BREAKER]

    assert "not even this is a Dag" in reading.errors[0]
    assert "airflow.decorators.dag" in reading.deprecations[0]
    assert reading.reached == [
        *("a Variable", "a Connection", "a Connection", "the network"),
        f"a file that it writes ({RULE_BREAKER.with_suffix('.txt')})",
    ]
    assert "pandas" in reading.heavy


def test_there_is_something_to_read():
    """The contract would hold for no lessons at all."""
    assert BUILT
