"""What customers say about a product that they bought."""

from datetime import datetime
from typing import NamedTuple, Self

from include.retail import records
from include.retail.records import Record


class Review(NamedTuple):
    """A review with a rating from 1 (bad) to 5 (good); the time is UTC."""

    review_id: int
    product_id: int
    customer_id: int
    rating: int
    comment: str
    created_at: datetime

    @classmethod
    def parse(cls, record: Record) -> Self:
        """Read a review from a CSV row or a JSON object; raise RecordError for a bad field."""
        return cls(
            review_id=records.whole_number(record, "review_id"),
            product_id=records.whole_number(record, "product_id"),
            customer_id=records.whole_number(record, "customer_id"),
            rating=records.whole_number(record, "rating"),
            comment=records.text(record, "comment"),
            created_at=records.moment(record, "created_at"),
        )
