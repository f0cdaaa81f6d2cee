"""Log lines that are data: one JSON object each, with every field that the caller gave."""

import json
import logging
from datetime import UTC, datetime

_OWN = {*vars(logging.makeLogRecord({})), "message", "asctime", "taskName", "color_message"}


class JsonFormatter(logging.Formatter):
    """Writes a record as one line of JSON, named as Airflow names the fields of its task logs.

    Fields of a program's own come by `extra`: `log.info("order fetched", extra={"order_id": 7})`.
    """

    def format(self, record: logging.LogRecord) -> str:
        """Return the line; what JSON does not know is written as text."""
        line = {
            "timestamp": datetime.fromtimestamp(record.created, UTC).isoformat(),
            "level": record.levelname.lower(),
            "event": record.getMessage(),
            "logger": record.name,
            **{name: value for name, value in vars(record).items() if name not in _OWN},
        }
        if record.exc_info:
            line["exception"] = self.formatException(record.exc_info)
        return json.dumps(line, default=str)
