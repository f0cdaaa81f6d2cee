"""The routes that a partner calls: a token first, then orders, stock and reviews."""

import math
from collections.abc import Callable, Iterable
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Form, HTTPException, Query
from fastapi.exceptions import RequestValidationError
from fastapi.security import HTTPBasic, HTTPBasicCredentials, OAuth2
from pydantic import AwareDatetime

from include.data import seeds
from include.retail.orders import newest_orders
from include.shop_api import answers
from include.shop_api.pagination import CursorError, Item, Position, page_of
from include.shop_api.paths import HEALTH
from include.shop_api.state import State
from include.shop_api.tokens import InvalidClientError

BEARER = OAuth2(
    flows={"clientCredentials": {"tokenUrl": "/oauth/token", "scopes": {}}},
    scheme_name="Client credentials",
    auto_error=False,
)
BASIC = HTTPBasic(scheme_name="Client id and secret", auto_error=False)

Cursor = Annotated[
    str | None, Query(max_length=200, description="The `next_cursor` of the page before.")
]
Limit = Annotated[int, Query(ge=1, le=200, description="How many at most.")]
REFUSALS: dict[int | str, dict[str, Any]] = {
    401: {"description": "No token, or one that is no longer good."},
    429: {"description": "Too many calls; `Retry-After` says how many seconds to wait."},
}


def partner_routes(state: State) -> APIRouter:
    """Return the partner's routes; the data is read from the seeds once."""
    orders = {order.order_id: order for order in newest_orders(seeds.orders())}
    reviews = seeds.reviews()
    stock = {
        product.product_id: answers.Stock(
            product_id=product.product_id, sku=product.sku, units=product.stock
        )
        for product in seeds.products()
    }

    async def known_client(authorization: Annotated[str | None, Depends(BEARER)]) -> None:
        """Let a call pass that bears a good token and keeps to the rate limit."""
        client = state.tokens.client_of(authorization)
        if client is None:
            raise HTTPException(
                401,
                "The bearer token is missing, unknown or expired; POST /oauth/token gives a new"
                " one.",
                {"WWW-Authenticate": "Bearer"},
            )
        if wait := state.rate_limit.wait_for(client):
            raise HTTPException(
                429,
                f"Too many calls: {state.settings.per_second:g} per second are allowed,"
                f" {state.settings.burst} at once.",
                {"Retry-After": str(math.ceil(wait))},
            )

    open_to_all = APIRouter(tags=["Partner API"])
    for_clients = APIRouter(
        tags=["Partner API"], dependencies=[Depends(known_client)], responses=REFUSALS
    )

    @open_to_all.get(HEALTH, summary="Is the API up?")
    async def health() -> dict[str, str]:
        return {"status": "ok"}

    @open_to_all.post("/oauth/token", summary="Get a token")
    async def token(
        grant_type: Annotated[Literal["client_credentials"], Form()],
        basic: Annotated[HTTPBasicCredentials | None, Depends(BASIC)],
        client_id: Annotated[str, Form()] = "",
        client_secret: Annotated[str, Form()] = "",
    ) -> answers.Token:
        """Id and secret may stand in the form or in a Basic `Authorization` header."""
        if basic is not None:
            client_id, client_secret = basic.username, basic.password
        seconds = state.settings.token_seconds
        try:
            issued = state.tokens.issue(client_id, client_secret, seconds)
        except InvalidClientError as error:
            raise HTTPException(401, str(error), {"WWW-Authenticate": "Basic"}) from error
        return answers.Token(access_token=issued, expires_in=seconds)

    @for_clients.get("/orders", summary="List orders")
    async def list_orders(
        updated_since: Annotated[
            AwareDatetime | None,
            Query(description="Only what changed then or later, such as 2026-03-31T00:00:00Z."),
        ] = None,
        cursor: Cursor = None,
        limit: Limit = 100,
    ) -> answers.Orders:
        """Each order comes once, in its newest version, sorted by `updated_at`."""
        changed = [
            order
            for order in orders.values()
            if updated_since is None or order.updated_at >= updated_since
        ]
        page, next_cursor = _page(
            "orders", changed, lambda order: (order.updated_at, order.order_id), cursor, limit
        )
        return answers.Orders(
            orders=[answers.Order(**order._asdict()) for order in page], next_cursor=next_cursor
        )

    @for_clients.get("/orders/{order_id}", summary="Read one order")
    async def read_order(order_id: int) -> answers.Order:
        if order_id not in orders:
            raise HTTPException(404, f"There is no order {order_id}.")
        return answers.Order(**orders[order_id]._asdict())

    @for_clients.get("/stock", summary="Read the stock of all products")
    async def list_stock() -> answers.StockList:
        return answers.StockList(stock=list(stock.values()))

    @for_clients.get("/stock/{product_id}", summary="Read the stock of one product")
    async def read_stock(product_id: int) -> answers.Stock:
        if product_id not in stock:
            raise HTTPException(404, f"There is no product {product_id}.")
        return stock[product_id]

    @for_clients.get("/reviews", summary="List reviews")
    async def list_reviews(cursor: Cursor = None, limit: Limit = 100) -> answers.Reviews:
        """All reviews, oldest first."""
        page, next_cursor = _page(
            "reviews", reviews, lambda review: (review.created_at, review.review_id), cursor, limit
        )
        return answers.Reviews(
            reviews=[answers.Review(**review._asdict()) for review in page],
            next_cursor=next_cursor,
        )

    routes = APIRouter()
    routes.include_router(open_to_all)
    routes.include_router(for_clients)
    return routes


def _page(
    name: str,
    items: Iterable[Item],
    position: Callable[[Item], Position],
    cursor: str | None,
    limit: int,
) -> tuple[list[Item], str | None]:
    """Return a page; a wrong cursor is refused as any other wrong parameter is."""
    try:
        return page_of(name, items, position, cursor, limit)
    except CursorError as error:
        refusal = {"type": "value_error", "loc": ("query", "cursor"), "msg": str(error)}
        raise RequestValidationError([refusal | {"input": cursor}]) from error
