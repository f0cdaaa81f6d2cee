"""Erased is who is found nowhere; the register and the stores are the same."""

import pytest

from include.compliance import erasure, register
from include.compliance.erasure import NotErasedError
from include.compliance.members import MEMBERS
from include.configuration.reader import ConfigurationError


def test_nowhere_is_gone():
    """Every store was asked, and none has anything."""
    erasure.require_gone({"warehouse": [], "topic": []})


def test_each_place_that_is_left_is_told():
    """By its store."""
    with pytest.raises(NotErasedError, match=r"warehouse: marts\.x; topic: t\[0\]@1\."):
        erasure.require_gone({"warehouse": ["marts.x"], "features": [], "topic": ["t[0]@1"]})


def test_the_record_of_an_erasure_names_nobody():
    """It bears a hash, which who knows the person can make again."""
    first, second = (erasure.entry(member, "run") for member in MEMBERS[:2])

    assert not any(MEMBERS[0].is_in(part) for part in first)
    assert first.subject != second.subject
    assert first.subject == erasure.entry(MEMBERS[0], "another run").subject


def test_a_register_with_a_gap_is_refused(tmp_path):
    """A store has to say how one leaves it."""
    file = tmp_path / "register.toml"
    file.write_text('[store.a]\nholds = "x"\nfrom = "y"\nwhy = "z"\n')

    with pytest.raises(ConfigurationError, match=r"register\.toml:1: store\.a.*erased_by"):
        register.load(file)
