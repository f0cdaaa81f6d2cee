"""The client credentials grant: id and secret buy a token, and the token opens each call.

See RFC 6749, section 4.4.
"""

from urllib.parse import urljoin

import requests
from requests.auth import AuthBase, HTTPBasicAuth

TOKEN_PATH = "/oauth/token"


class ClientCredentials(AuthBase):
    """Authenticates calls with a bearer token, fetched from the same host at the first call.

    Fits wherever `requests` takes an `auth`; as `auth_type` of Airflow's `HttpHook` it is given the
    connection's login and password.
    """

    def __init__(self, client_id: str, client_secret: str) -> None:
        """Keep the credentials; nothing is sent yet."""
        self._credentials = HTTPBasicAuth(client_id, client_secret)
        self._token: str | None = None

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        """Give the request its token.

        Raises:
            requests.HTTPError: the credentials were refused, or no token was to be had.
        """
        if self._token is None:
            answer = requests.post(
                urljoin(request.url or "", TOKEN_PATH),
                data={"grant_type": "client_credentials"},
                auth=self._credentials,
                timeout=10,
            )
            answer.raise_for_status()
            self._token = answer.json()["access_token"]
        request.headers["Authorization"] = f"Bearer {self._token}"
        return request
