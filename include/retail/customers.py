"""A customer: who it is, how it behaved up to a day, and whether it then left."""

from datetime import date
from decimal import Decimal
from typing import NamedTuple, Self

from include.retail import records
from include.retail.records import Record


class Customer(NamedTuple):
    """A customer as known at the end of 2026-03-31.

    `avg_basket` is in EUR; `churned` tells whether the customer stayed away in the 90 days after.
    """

    customer_id: int
    name: str
    email: str
    country: str
    signed_up: date
    birth_year: int | None
    newsletter: bool
    orders_last_90d: int
    days_since_last_order: int
    support_tickets: int
    avg_basket: Decimal
    churned: bool

    @classmethod
    def parse(cls, record: Record) -> Self:
        """Read a customer from a CSV row or a JSON object; raise RecordError for a bad field."""
        has_birth_year = records.optional_text(record, "birth_year") is not None
        return cls(
            customer_id=records.whole_number(record, "customer_id"),
            name=records.text(record, "name"),
            email=records.text(record, "email"),
            country=records.text(record, "country"),
            signed_up=records.day(record, "signed_up"),
            birth_year=records.whole_number(record, "birth_year") if has_birth_year else None,
            newsletter=records.yes_or_no(record, "newsletter"),
            orders_last_90d=records.whole_number(record, "orders_last_90d"),
            days_since_last_order=records.whole_number(record, "days_since_last_order"),
            support_tickets=records.whole_number(record, "support_tickets"),
            avg_basket=records.money(record, "avg_basket"),
            churned=records.yes_or_no(record, "churned"),
        )
