"""An alert is known again by what is wrong and where, not by the run that found it."""

from dataclasses import replace

import pytest

from include.alerting.alert import Alert, severity

ALERT = Alert("P1", "sales", "shop", "load", "run1", "load failed")


def test_same_trouble_has_the_same_key():
    """Run, title and detail do not matter; task and severity do."""
    assert ALERT.dedup_key == "shop/load/P1"
    assert replace(ALERT, run_id="run2", detail="other").dedup_key == ALERT.dedup_key
    assert replace(ALERT, task_id="").dedup_key == "shop/P1"
    assert replace(ALERT, severity="P2").dedup_key != ALERT.dedup_key


@pytest.mark.parametrize("text", ["P0", "P5", "p1", ""])
def test_unknown_severity_is_refused(text: str):
    """The error says which there are."""
    with pytest.raises(ValueError, match=r"is unknown; write one of P1, P2, P3, P4"):
        severity(text)
    assert severity("P3") == "P3"
