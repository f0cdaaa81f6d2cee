"""The two kinds of errors that a service can give: one that may pass, and one that stays."""

from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import requests

MAY_PASS = frozenset({408, 425, 429, 500, 502, 503, 504})
"""The HTTP statuses after which the same call may succeed later."""


class ServiceError(Exception):
    """A call to a service has failed."""


class TransientError(ServiceError):
    """The same call may succeed later: the service is overloaded, away for a while, or too slow.

    `retry_after` is for how many seconds the service asked to be left alone; None if it did not.
    """

    def __init__(self, message: str, retry_after: float | None = None) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class PermanentError(ServiceError):
    """The same call will fail again: it is wrong, or not allowed, or asks for what is not there."""


def error_of_answer(
    call: str, status: int, detail: str, retry_after: str | None = None, now: datetime | None = None
) -> ServiceError:
    """Return the error that an HTTP answer of 400 or above means.

    Args:
        call: what was asked, such as "GET /orders", for the message.
        status: the answer's status.
        detail: what the answer says.
        retry_after: the answer's header `Retry-After`, seconds or a date.
        now: the time against which a date counts; the present if left out.

    Raises:
        ValueError: the status means no error.
    """
    if status < 400:
        raise ValueError(f"Status {status} is not an error; only 400 and above are.")
    message = f"{call} was answered with {status}: {detail}"
    if status in MAY_PASS:
        return TransientError(message, seconds_to_wait(retry_after, now or datetime.now(UTC)))
    return PermanentError(message)


def error_of_request(call: str, error: "requests.RequestException") -> ServiceError:
    """Return the error that a failed request of the library `requests` means.

    An answer with a status of 400 or above is judged by it. No answer at all, or only the
    beginning of one, may be better later. A request that could not even be written, and an answer
    in no known form, will be the same again.
    """
    from requests import exceptions

    if error.response is not None and error.response.status_code >= 400:
        answer = error.response
        detail = answer.text[:500] or answer.reason or "nothing more"
        return error_of_answer(call, answer.status_code, detail, answer.headers.get("Retry-After"))
    may_pass = (
        exceptions.ConnectionError,
        exceptions.Timeout,
        exceptions.ChunkedEncodingError,
        exceptions.ContentDecodingError,
    )
    message = f"{call} had no good answer: {error}"
    return TransientError(message) if isinstance(error, may_pass) else PermanentError(message)


def seconds_to_wait(retry_after: str | None, now: datetime) -> float | None:
    """Return the seconds that a header `Retry-After` asks for, which may give a date instead.

    A date that has passed means 0; None is returned for no header and for one that says neither.
    """
    text = (retry_after or "").strip()
    if text.isascii() and text.isdigit():
        return float(text)
    try:
        until = parsedate_to_datetime(text)
    except ValueError:
        return None
    if until.tzinfo is None:
        until = until.replace(tzinfo=UTC)
    return max(0.0, (until - now).total_seconds())
