"""What the partner API answers with; amounts are EUR and travel as text, so no cent is lost."""

from datetime import datetime
from decimal import Decimal

from pydantic import BaseModel, Field


class Token(BaseModel):
    """A bearer token."""

    access_token: str
    token_type: str = "bearer"
    expires_in: float = Field(description="Seconds that it is good for.")


class Order(BaseModel):
    """An order, as it stands now."""

    order_id: int
    customer_id: int
    product_id: int
    quantity: int
    amount: Decimal
    country: str | None = Field(description="`null` for some: the shop did not ask.")
    status: str
    channel: str
    ordered_at: datetime
    updated_at: datetime


class Orders(BaseModel):
    """A page of orders, those that changed longest ago first."""

    orders: list[Order]
    next_cursor: str | None = Field(description="Send it as `cursor`; `null` on the last page.")


class Stock(BaseModel):
    """How many units of a product lie on the shelf."""

    product_id: int
    sku: str
    units: int


class StockList(BaseModel):
    """The stock of all products."""

    stock: list[Stock]


class Review(BaseModel):
    """What a customer wrote about a product, from 1 (bad) to 5 (good)."""

    review_id: int
    product_id: int
    customer_id: int
    rating: int
    comment: str
    created_at: datetime


class Reviews(BaseModel):
    """A page of reviews, oldest first."""

    reviews: list[Review]
    next_cursor: str | None = Field(description="Send it as `cursor`; `null` on the last page.")
