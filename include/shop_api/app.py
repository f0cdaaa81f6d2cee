"""What `uvicorn include.shop_api.app:app` runs: the API for the client named in the environment."""

import logging
import os

from include.observability.json_log import JsonFormatter
from include.shop_api.service import create_app


class MissingSettingError(RuntimeError):
    """An environment variable that the API needs is missing."""

    def __init__(self, name: str) -> None:
        super().__init__(
            f"Environment variable {name} is missing or empty;"
            " set SHOP_API_CLIENT_ID and SHOP_API_CLIENT_SECRET to what partners log in with."
        )


def _setting(name: str) -> str:
    value = os.environ.get(name, "")
    if not value:
        raise MissingSettingError(name)
    return value


# uvicorn sets up only its own loggers; this one writes each call with what it can be found by.
_lines = logging.StreamHandler()
_lines.setFormatter(JsonFormatter())
logging.basicConfig(level=logging.INFO, handlers=[_lines])

app = create_app(_setting("SHOP_API_CLIENT_ID"), _setting("SHOP_API_CLIENT_SECRET"))
