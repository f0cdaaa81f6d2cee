"""A chain tells of every change, wherever it was made."""

from collections.abc import Callable

import pytest

from include.compliance.chain import BEGINNING, ChainBrokenError, Entry, Record, extend, verify

ENTRIES = [
    Entry(f"2026-01-0{day}T08:00:00Z", who, "patch_variable", "shop_limits", "")
    for day, who in enumerate(("ada", "björn", "ada", "carla"), start=1)
]
CHAIN = list(extend(None, ENTRIES))


def altered(number: int, **facts: str) -> list[Record]:
    """The chain with one record changed, its hash left as it was."""
    return [
        one._replace(entry=one.entry._replace(**facts)) if one.number == number else one
        for one in CHAIN
    ]


def test_an_untouched_chain_holds():
    """Numbers count from 1, and the count comes back."""
    assert verify(CHAIN) == 4
    assert [one.number for one in CHAIN] == [1, 2, 3, 4]
    assert verify([]) == 0


def test_the_hash_is_that_of_the_facts_and_the_record_before():
    """Worked out by hand for the first record: SHA-256 of its facts as compact JSON."""
    import hashlib

    facts = (
        f'["{BEGINNING}",1,"2026-01-01T08:00:00Z","ada","patch_variable","shop_limits",""]'
    ).encode()
    assert CHAIN[0].hash == hashlib.sha256(facts).hexdigest()


def test_a_chain_goes_on_where_it_ended():
    """Two writers, one after the other, make the same chain as one."""
    first = list(extend(None, ENTRIES[:2]))

    assert first + list(extend(first[-1], ENTRIES[2:])) == CHAIN


@pytest.mark.parametrize("number", [1, 2, 3, 4])
@pytest.mark.parametrize("field", Entry._fields)
def test_a_changed_field_is_found_by_its_number(number: int, field: str):
    """Any field of any record."""
    with pytest.raises(ChainBrokenError, match=f"Record {number} is not as it was written"):
        verify(altered(number, **{field: "x"}))


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda: CHAIN[:1] + CHAIN[2:], "Record 2 is missing"),
        (lambda: CHAIN[1:], "Record 1 is missing"),
        (lambda: [CHAIN[1], CHAIN[0], *CHAIN[2:]], "Record 1 is missing"),
        (lambda: CHAIN[:3], "Records 4 to 4 are missing at the end"),
        (lambda: list(extend(None, ENTRIES[::-1])), "written anew up to its record 4"),
    ],
)
def test_what_is_missing_swapped_or_written_anew_is_found(
    change: Callable[[], list[Record]], said: str
):
    """The last two by the head that was kept elsewhere."""
    with pytest.raises(ChainBrokenError, match=said):
        verify(change(), (4, CHAIN[-1].hash))


def test_a_chain_may_have_grown_since_its_head_was_kept():
    """The head of yesterday is in the chain of today."""
    assert verify(CHAIN, (2, CHAIN[1].hash)) == 4
