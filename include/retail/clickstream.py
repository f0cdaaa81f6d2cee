"""Which pages a visitor opened, in which session, and when."""

from datetime import datetime
from typing import NamedTuple, Self

from include.retail import records
from include.retail.records import Record


class Click(NamedTuple):
    """One opened page; a visitor who is not logged in has no customer id; the time is UTC."""

    event_id: int
    session_id: str
    customer_id: int | None
    page: str
    at: datetime

    @classmethod
    def parse(cls, record: Record) -> Self:
        """Read a click from a CSV row or a JSON object; raise RecordError for a bad field."""
        logged_in = records.optional_text(record, "customer_id") is not None
        return cls(
            event_id=records.whole_number(record, "event_id"),
            session_id=records.text(record, "session_id"),
            customer_id=records.whole_number(record, "customer_id") if logged_in else None,
            page=records.text(record, "page"),
            at=records.moment(record, "at"),
        )
