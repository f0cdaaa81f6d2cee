"""Cursor pagination: a page ends with a mark, and the next page starts after it.

The mark holds time and number of the page's last item. So pages stay right when items are added in
between, and the server remembers nothing.
"""

import base64
import json
from collections.abc import Callable, Iterable
from datetime import datetime
from typing import TypeVar

Item = TypeVar("Item")
# What a list is sorted by: a time, and a number that tells items of the same time apart.
Position = tuple[datetime, int]


class CursorError(ValueError):
    """A cursor was not given out by this list."""

    def __init__(self, name: str) -> None:
        super().__init__(
            f"this is no cursor of {name}; send a next_cursor back unchanged, or none at all"
        )


def page_of(
    name: str,
    items: Iterable[Item],
    position: Callable[[Item], Position],
    cursor: str | None,
    limit: int,
) -> tuple[list[Item], str | None]:
    """Return the next `limit` items after the cursor, and the next cursor (None at the end).

    Raises CursorError for a cursor that does not belong to the list called `name`.
    """
    after = _read(name, cursor) if cursor is not None else None
    left = sorted((i for i in items if after is None or position(i) > after), key=position)
    page = left[:limit]
    return page, _write(name, position(page[-1])) if len(left) > limit else None


def _write(name: str, position: Position) -> str:
    at, number = position
    return base64.urlsafe_b64encode(json.dumps([name, at.isoformat(), number]).encode()).decode()


def _read(name: str, cursor: str) -> Position:
    try:
        owner, at, number = json.loads(base64.urlsafe_b64decode(cursor))
        since = datetime.fromisoformat(at)
    except (ValueError, TypeError):
        raise CursorError(name) from None
    if owner != name or since.tzinfo is None or not isinstance(number, int):
        raise CursorError(name)
    return since, number
