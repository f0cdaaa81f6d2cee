"""The table of who may call what."""

from pathlib import Path

import pytest

from include.access.table import (
    FILE,
    AccessDiffersError,
    Check,
    compare,
    is_allowed,
    load,
    require_as_agreed,
)
from include.configuration import metadata
from include.configuration.reader import ConfigurationError


def test_the_table_speaks_of_logins_that_there_are() -> None:
    """Each login belongs to a role, each call stands there once, and some are for nobody."""
    known = metadata.connection_facts()
    logins = {known[role.login].login for role in metadata.roles().values() if role.login}
    calls = load()

    assert {login for call in calls for login in call.allowed} <= logins
    assert len({(call.method, call.path) for call in calls}) == len(calls)
    assert len({call.what for call in calls}) == len(calls)
    assert any(not call.allowed for call in calls)


def test_a_mistake_is_named(tmp_path: Path) -> None:
    """With its line and key."""
    file = tmp_path / "access.toml"
    file.write_text(FILE.read_text().replace('method = "GET"', 'method = "LOOK"', 1))

    with pytest.raises(ConfigurationError, match=r"access\.toml:6: call\[0\]\.method"):
        load(file)


@pytest.mark.parametrize(
    ("status", "allowed"),
    [(200, True), (404, True), (409, True), (422, True), (401, False), (403, False)],
)
def test_what_comes_after_the_check_was_allowed(status: int, allowed: bool) -> None:
    """Only 401 and 403 refuse."""
    assert is_allowed(status) is allowed


@pytest.mark.parametrize("status", [500, 502, 503])
def test_a_broken_server_is_no_answer(status: int) -> None:
    """Otherwise an outage would look as if everybody may do everything."""
    with pytest.raises(ValueError, match=str(status)):
        is_allowed(status)


def test_each_login_is_compared_with_each_call() -> None:
    """And only a difference fails, in both directions, each by its name."""
    calls = load()
    agreed = {
        who: {call.what: who in call.allowed for call in calls} for who in ("sales", "nobody")
    }
    checks = compare(calls, agreed)
    assert len(checks) == 2 * len(calls)
    require_as_agreed(checks)

    wrong = [*checks, Check("sales", "fly", False, True), Check("nobody", "walk", True, False)]
    with pytest.raises(AccessDiffersError, match=r"^sales may fly; nobody may not walk"):
        require_as_agreed(wrong)
