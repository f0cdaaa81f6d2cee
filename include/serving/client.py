"""The model server, as those speak to it who route and ask."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from include.serving.requests import Request
from include.serving.rollout import Answer

if TYPE_CHECKING:
    import httpx

SECONDS = 60
"""How long a call may take: the first one after a change loads models."""


class ModelServer:
    """One model on the model server at an address such as `http://localhost:8097`."""

    def __init__(self, address: str, name: str) -> None:
        """Nothing is asked yet."""
        self._place = f"{address}/models/{name}"

    def route(self, challenger_percent: int, shadow: bool = False) -> dict[str, Any]:
        """Let the challenger answer a share of the requests, or all unheard; return the versions.

        Raises:
            httpx.HTTPError: the server does not answer, or the registry has no such model.
        """
        body = {"challenger_percent": challenger_percent, "shadow": shadow}
        versions: dict[str, Any] = self._call("PUT", "route", json=body).json()["versions"]
        return versions

    @contextmanager
    def routed(self, challenger_percent: int, shadow: bool = False) -> Iterator[None]:
        """Route so for a while; afterwards, and if anything fails, the champion answers alone."""
        try:
            self.route(challenger_percent, shadow)
            yield
        finally:
            self.route(0)

    def ask(self, requests: Sequence[Request]) -> list[Answer]:
        """Return the answers to requests.

        Raises:
            httpx.HTTPError: the server does not answer, or a model cannot.
        """
        instances = [{"id": one.request_id, "features": one.features} for one in requests]
        return self._answers(self._call("POST", "predict", json={"instances": instances}))

    def unheard(self) -> list[Answer]:
        """Return what the challenger has said in the shadow since the last change of the route."""
        return self._answers(self._call("GET", "shadow"))

    def _answers(self, answer: "httpx.Response") -> list[Answer]:
        return [Answer(**one) for one in answer.json()["predictions"]]

    def _call(self, method: str, path: str, **content: Any) -> "httpx.Response":
        import httpx

        place = f"{self._place}/{path}"
        answer = httpx.request(method, place, timeout=SECONDS, trust_env=False, **content)
        return answer.raise_for_status()
