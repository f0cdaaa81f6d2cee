"""Log lines that are data."""

import json
import logging
import sys

from include.observability.json_log import JsonFormatter


def line(record: logging.LogRecord) -> dict[str, object]:
    found: dict[str, object] = json.loads(JsonFormatter().format(record))
    return found


def test_a_record_is_one_object_with_the_callers_fields():
    """What Python keeps of itself stays out; what JSON does not know becomes text."""
    record = logging.getLogger("shop").makeRecord(
        *("shop", logging.WARNING, "x.py", 1, "order %s\nis late", (7,), None),
        extra={"order_id": 7, "labels": {"a"}},
    )
    text = JsonFormatter().format(record)
    assert "\n" not in text
    assert {key: value for key, value in json.loads(text).items() if key != "timestamp"} == {
        "level": "warning",
        "event": "order 7\nis late",
        "logger": "shop",
        "order_id": 7,
        "labels": "{'a'}",
    }


def test_an_exception_stands_in_its_line():
    """With its traceback, in the same object."""
    try:
        raise ValueError("no such order")
    except ValueError:
        record = logging.getLogger("shop").makeRecord(
            "shop", logging.ERROR, "x.py", 1, "failed", (), sys.exc_info()
        )
    assert "no such order" in str(line(record)["exception"])
