"""A page of metrics becomes samples."""

import pytest

from include.observability.scrape import ScrapeError, by_label, read, value

PAGE = """# TYPE ended counter
ended_total{dag="a",task="x"} 2
ended_total{dag="a",task="y"} 1
ended_total{dag="b",task="x"} 5
ended_total 9
# TYPE open gauge
open 3
"""


def test_values_are_added_up_by_a_label():
    """Over all series that have the labels asked for; one without the label counts apart."""
    samples = read(PAGE)
    assert by_label(samples, "ended_total", "task") == {"x": 7, "y": 1, "": 9}
    assert by_label(samples, "ended_total", "task", dag="a") == {"x": 2, "y": 1}
    assert by_label(samples, "nothing", "task") == {}


def test_one_value_is_read_where_there_is_one():
    """None and several are refused, with their number."""
    samples = read(PAGE)
    assert value(samples, "open") == 3
    assert value(samples, "ended_total", dag="b") == 5
    with pytest.raises(ScrapeError, match=r"ended_total.*2 are there"):
        value(samples, "ended_total", dag="a")
    with pytest.raises(ScrapeError, match="closed: one sample is needed, 0"):
        value(samples, "closed")


def test_another_format_is_refused():
    """A page of HTML is no page of metrics."""
    with pytest.raises(ScrapeError, match="text format"):
        read("<html>not found</html>")
