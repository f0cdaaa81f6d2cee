"""Bearer tokens: given for a client's secret, good for a short while."""

import secrets
from typing import NamedTuple

from include.shop_api.clock import Clock


class InvalidClientError(Exception):
    """The client id is unknown or the secret is not the client's."""

    def __init__(self, client_id: str) -> None:
        super().__init__(
            f"Client {client_id!r} is unknown or its secret is wrong; the API was started with the"
            " right pair in SHOP_API_CLIENT_ID and SHOP_API_CLIENT_SECRET."
        )


class Grant(NamedTuple):
    """Who holds a token, and until which monotonic second."""

    client_id: str
    expires_at: float


class Tokens:
    """Issues and recognises the tokens of one client; they are gone after a restart."""

    def __init__(self, client_id: str, client_secret: str, clock: Clock) -> None:
        self._client_id = client_id
        self._client_secret = client_secret
        self._clock = clock
        self._grants: dict[str, Grant] = {}

    def issue(self, client_id: str, client_secret: str, seconds: float) -> str:
        """Return a new token that lives for so many seconds.

        Raises InvalidClientError for a wrong pair of id and secret.
        """
        known = secrets.compare_digest(client_id.encode(), self._client_id.encode())
        right = secrets.compare_digest(client_secret.encode(), self._client_secret.encode())
        if not (known and right):
            raise InvalidClientError(client_id)
        now = self._clock.monotonic()
        self._grants = {key: kept for key, kept in self._grants.items() if kept.expires_at > now}
        token = secrets.token_urlsafe(24)
        self._grants[token] = Grant(client_id, now + seconds)
        return token

    def client_of(self, authorization: str | None) -> str | None:
        """Return whose token an `Authorization` header bears; None if none or no longer good."""
        scheme, _, token = (authorization or "").partition(" ")
        grant = self._grants.get(token) if scheme.lower() == "bearer" else None
        if grant is None or grant.expires_at <= self._clock.monotonic():
            return None
        return grant.client_id

    def expire(self, authorization: str | None) -> None:
        """Let the token that an `Authorization` header bears expire now, if there is one."""
        _, _, token = (authorization or "").partition(" ")
        self._grants.pop(token, None)
