"""The client credentials grant: id and secret buy a token, and the token opens each call.

See RFC 6749, section 4.4.
"""

from threading import Lock
from typing import Any
from urllib.parse import urljoin

import requests
from requests.auth import AuthBase, HTTPBasicAuth

TOKEN_PATH = "/oauth/token"
HEADER = "Authorization"


class ClientCredentials(AuthBase):
    """Authenticates calls with a bearer token, fetched from the same host at the first call.

    A call that is answered with 401, because its token has expired, is repeated once with a new
    token; whoever calls sees the second answer, and the first in its `history`. Threads may share
    one instance: they wait for one new token instead of fetching one each.

    Fits wherever `requests` takes an `auth`; as `auth_type` of Airflow's `HttpHook` it is given the
    connection's login and password.
    """

    def __init__(self, client_id: str, client_secret: str) -> None:
        """Keep the credentials; nothing is sent yet."""
        self._credentials = HTTPBasicAuth(client_id, client_secret)
        self._bearer: str | None = None
        self._fetching = Lock()

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        """Give the request its token, and watch its answer.

        Raises:
            requests.HTTPError: the credentials were refused, or no token was to be had.
        """
        request.headers[HEADER] = self._bearer or self._other_than(None, request)
        request.register_hook("response", self._repeat_if_expired)
        return request

    def _repeat_if_expired(self, answer: requests.Response, **sending: Any) -> requests.Response:
        # A redirect to another host has lost its token, and must not get one; a body that was
        # read from a stream is gone.
        refused: Any = answer.request.headers.get(HEADER)
        body = answer.request.body
        if answer.status_code != 401 or refused is None or not isinstance(body, str | bytes | None):
            return answer
        _ = answer.content  # read to its end, so that the connection is free for the second call
        answer.close()
        again = answer.request.copy()
        again.headers[HEADER] = self._other_than(refused, again)
        # Sent below the session, where no hook listens: a second 401 is not repeated.
        second: requests.Response = answer.connection.send(again, **sending)
        second.history.append(answer)
        second.request = again
        return second

    def _other_than(self, refused: str | None, request: requests.PreparedRequest) -> str:
        """Return a token that is not the refused one: another thread's, or a new one."""
        with self._fetching:
            if self._bearer in (None, refused):
                self._bearer = f"Bearer {self._fetch(urljoin(request.url or '', TOKEN_PATH))}"
            return str(self._bearer)

    def _fetch(self, url: str) -> str:
        answer = requests.post(
            url,
            data={"grant_type": "client_credentials"},
            auth=self._credentials,
            timeout=10,
        )
        answer.raise_for_status()
        token: str = answer.json()["access_token"]
        return token
