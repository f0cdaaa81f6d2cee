"""What the shop sells, and who supplies it."""

from decimal import Decimal
from typing import NamedTuple, Self

from include.retail import records
from include.retail.records import Record


class Product(NamedTuple):
    """A product: `price` in EUR, `stock` in units on the shelf."""

    product_id: int
    sku: str
    name: str
    category: str
    price: Decimal
    supplier_id: str
    stock: int

    @classmethod
    def parse(cls, record: Record) -> Self:
        """Read a product from a CSV row or a JSON object; raise RecordError for a bad field."""
        return cls(
            product_id=records.whole_number(record, "product_id"),
            sku=records.text(record, "sku"),
            name=records.text(record, "name"),
            category=records.text(record, "category"),
            price=records.money(record, "price"),
            supplier_id=records.text(record, "supplier_id"),
            stock=records.whole_number(record, "stock"),
        )


class Supplier(NamedTuple):
    """A supplier; its id is also the name of the files that it delivers."""

    supplier_id: str
    name: str
    country: str
    email: str

    @classmethod
    def parse(cls, record: Record) -> Self:
        """Read a supplier from a CSV row or a JSON object; raise RecordError for a bad field."""
        return cls(
            supplier_id=records.text(record, "supplier_id"),
            name=records.text(record, "name"),
            country=records.text(record, "country"),
            email=records.text(record, "email"),
        )
