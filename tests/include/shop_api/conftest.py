"""The partner API in memory, and a clock that the test moves."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from fastapi.testclient import TestClient

from include.shop_api.clock import Clock
from include.shop_api.service import create_app


class HeldClock(Clock):
    """A clock that stands still until it is moved; a pause moves it."""

    def __init__(self) -> None:
        self.seconds = 1000.0

    def now(self) -> datetime:
        return datetime(2026, 4, 1, tzinfo=UTC) + timedelta(seconds=self.seconds)

    def monotonic(self) -> float:
        return self.seconds

    async def pause(self, seconds: float) -> None:
        self.seconds += seconds


@pytest.fixture
def clock() -> HeldClock:
    return HeldClock()


@pytest.fixture
def api(clock: HeldClock) -> TestClient:
    """The API without a token."""
    return TestClient(create_app("partner", "s3cret", clock), "http://localhost")


@pytest.fixture
def log_in(api: TestClient) -> Callable[[], dict[str, str]]:
    """A call that fetches a new token and returns the header that bears it."""

    def log_in() -> dict[str, str]:
        answer = api.post(
            "/oauth/token",
            data={
                "grant_type": "client_credentials",
                "client_id": "partner",
                "client_secret": "s3cret",
            },
        )
        answer.raise_for_status()
        return {"Authorization": f"Bearer {answer.json()['access_token']}"}

    return log_in


@pytest.fixture
def partner(api: TestClient, log_in: Callable[[], dict[str, str]]) -> TestClient:
    """The API with a token, and nothing recorded yet."""
    api.headers.update(log_in())
    api.delete("/received")
    return api
