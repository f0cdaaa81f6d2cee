"""Which failures may pass, and which stay."""

from datetime import UTC, datetime

import pytest
import requests
from requests import exceptions

from include.resilience.errors import (
    PermanentError,
    ServiceError,
    TransientError,
    error_of_answer,
    error_of_request,
    seconds_to_wait,
)

NOW = datetime(2026, 4, 1, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize("status", [408, 425, 429, 500, 502, 503, 504])
def test_a_service_in_trouble_is_transient(status: int):
    """Overload, a gateway without its service, an answer that took too long: later may be well."""
    error = error_of_answer("GET /stock", status, "busy")
    assert type(error) is TransientError
    assert str(error) == f"GET /stock was answered with {status}: busy"


@pytest.mark.parametrize("status", [400, 401, 403, 404, 405, 409, 410, 413, 422, 451, 501, 505])
def test_a_wrong_call_is_permanent(status: int):
    """Not allowed, not there, not understood: the same call gets the same answer."""
    assert type(error_of_answer("GET /stock", status, "no")) is PermanentError


@pytest.mark.parametrize("status", [200, 204, 302, 399])
def test_a_good_answer_is_no_error(status: int):
    """Asking for the error of a good answer is a mistake, and named."""
    with pytest.raises(ValueError, match=f"Status {status} is not an error"):
        error_of_answer("GET /stock", status, "fine")


def test_both_kinds_are_errors_of_a_service():
    """Who does not care for the kind catches both at once."""
    assert issubclass(TransientError, ServiceError)
    assert issubclass(PermanentError, ServiceError)
    assert not issubclass(TransientError, PermanentError)


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        (None, None),
        ("", None),
        ("soon", None),
        ("-3", None),
        ("1.5", None),
        ("²", None),
        ("0", 0),
        (" 12 ", 12),
        ("Wed, 01 Apr 2026 12:01:30 GMT", 90),
        ("Wed, 01 Apr 2026 12:01:30 -0000", 90),
        ("Wed, 01 Apr 2026 11:00:00 GMT", 0),
        ("Wed, 99 Apr 2026 11:00:00 GMT", None),
    ],
)
def test_retry_after_is_seconds_or_a_date(header: str | None, seconds: float | None):
    """Both forms are read; a date that has passed means now; what is neither says nothing."""
    assert seconds_to_wait(header, NOW) == seconds


def test_a_transient_error_knows_when_to_come_back():
    """What the answer asked for is kept with the error, and nothing where it did not ask."""
    asked = error_of_answer("GET /stock", 429, "slow down", "7", NOW)
    silent = error_of_answer("GET /stock", 429, "slow down", None, NOW)
    assert [error.retry_after for error in (asked, silent)] == [7, None]


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (exceptions.ConnectionError("refused"), TransientError),
        (exceptions.ConnectTimeout("no route"), TransientError),
        (exceptions.ReadTimeout("silence"), TransientError),
        (exceptions.ChunkedEncodingError("cut off"), TransientError),
        (exceptions.ContentDecodingError("garbled"), TransientError),
        (exceptions.JSONDecodeError("no JSON", "<html>", 0), PermanentError),
        (exceptions.InvalidURL("no host"), PermanentError),
        (exceptions.MissingSchema("no http"), PermanentError),
        (exceptions.TooManyRedirects("round and round"), PermanentError),
    ],
)
def test_a_request_without_a_good_answer(
    error: requests.RequestException, kind: type[ServiceError]
):
    """No answer may be one later; what cannot be asked or read stays so."""
    found = error_of_request("GET /stock", error)
    assert type(found) is kind
    assert "GET /stock had no good answer" in str(found)


@pytest.mark.parametrize(("status", "kind"), [(503, TransientError), (404, PermanentError)])
def test_an_answer_is_judged_by_its_status(status: int, kind: type[ServiceError]):
    """The error that `raise_for_status` raises is read by status, text and `Retry-After`."""
    answer = requests.Response()
    answer.status_code = status
    answer._content = b"come back later"
    answer.headers["Retry-After"] = "5"
    found = error_of_request("GET /stock", exceptions.HTTPError("bad", response=answer))
    assert type(found) is kind
    assert str(found) == f"GET /stock was answered with {status}: come back later"
    assert getattr(found, "retry_after", None) == (5 if kind is TransientError else None)


def test_an_unreadable_good_answer_is_permanent():
    """An answer of 200 that is no JSON is not taken for an error of its status."""
    answer = requests.Response()
    answer.status_code = 200
    error = exceptions.JSONDecodeError("no JSON", "<html>", 0, response=answer)
    assert type(error_of_request("GET /stock", error)) is PermanentError
