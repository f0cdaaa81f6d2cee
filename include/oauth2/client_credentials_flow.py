"""The client credentials grant for clients of `httpx`, which may be asynchronous."""

from collections.abc import Generator
from urllib.parse import urljoin

import httpx

from include.oauth2.client_credentials import HEADER, TOKEN_PATH


class ClientCredentialsFlow(httpx.Auth):
    """What `ClientCredentials` is for `requests`: one token for all calls, renewed once it expired.

    Fits wherever `httpx` takes an `auth`.
    """

    requires_response_body = True

    def __init__(self, client_id: str, client_secret: str) -> None:
        """Keep the credentials; nothing is sent yet."""
        self._credentials = httpx.BasicAuth(client_id, client_secret)
        self._bearer: str | None = None

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        """Send the request with a token, and once more with a new one if that has expired.

        Raises:
            httpx.HTTPStatusError: the credentials were refused, or no token was to be had.
        """
        for _ in range(2):
            if self._bearer is None:
                url = urljoin(str(request.url), TOKEN_PATH)
                login = httpx.Request("POST", url, data={"grant_type": "client_credentials"})
                answer = yield next(self._credentials.auth_flow(login))
                answer.raise_for_status()
                self._bearer = f"Bearer {answer.json()['access_token']}"
            request.headers[HEADER] = self._bearer
            answer = yield request
            if answer.status_code != 401:
                return
            self._bearer = None
