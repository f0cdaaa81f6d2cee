"""Reads the shop's committed data as typed rows."""

import csv
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import TypeVar

from include.retail.clickstream import Click
from include.retail.customers import Customer
from include.retail.orders import Order
from include.retail.products import Product, Supplier
from include.retail.records import Record
from include.retail.reviews import Review

SEEDS = Path(__file__).parent / "seeds"
CUSTOMERS = SEEDS / "customers.csv"
PRODUCTS = SEEDS / "products.csv"
SUPPLIERS = SEEDS / "suppliers.csv"
ORDERS = SEEDS / "orders.csv"
REVIEWS = SEEDS / "reviews.csv"
CLICKSTREAM = SEEDS / "clickstream.csv"
DELIVERIES = SEEDS / "deliveries"
CORRUPT_DELIVERIES = SEEDS / "deliveries_corrupt"

Row = TypeVar("Row")


def customers() -> list[Customer]:
    """Return all customers."""
    return _rows(CUSTOMERS, Customer.parse)


def products() -> list[Product]:
    """Return all products."""
    return _rows(PRODUCTS, Product.parse)


def suppliers() -> list[Supplier]:
    """Return all suppliers."""
    return _rows(SUPPLIERS, Supplier.parse)


def orders() -> list[Order]:
    """Return every version of every order, as they stand in the file."""
    return _rows(ORDERS, Order.parse)


def reviews() -> list[Review]:
    """Return all reviews."""
    return _rows(REVIEWS, Review.parse)


def clickstream() -> list[Click]:
    """Return all clicks."""
    return _rows(CLICKSTREAM, Click.parse)


def delivery_days() -> list[date]:
    """Return the days for which deliveries exist."""
    return sorted(date.fromisoformat(folder.name) for folder in DELIVERIES.iterdir())


def deliveries(day: date) -> list[Path]:
    """Return the files that suppliers delivered on one day; none for a day without deliveries."""
    return sorted((DELIVERIES / day.isoformat()).glob("*.csv"))


def _rows(path: Path, parse: Callable[[Record], Row]) -> list[Row]:
    with path.open(encoding="utf-8", newline="") as file:
        return [parse(record) for record in csv.DictReader(file)]
