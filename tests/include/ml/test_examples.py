"""Examples: their parts, their fingerprint, their table."""

import math

import pytest

from include.ml.examples import Example, fingerprint, frame, labels, part, part_of

SOME = [
    Example(1, {"b": 2.0, "a": None}, True),
    Example(2, {"a": 3.0, "b": 4.0}, False),
]


def test_a_row_stays_in_its_part() -> None:
    """Rows that come or go move no other: the part hangs on the row's id alone."""
    few = {n: part_of(n) for n in range(1, 50)}
    many = {n: part_of(n) for n in range(1, 5000)}

    assert few.items() <= many.items()
    share = sum(name == "test" for name in many.values()) / len(many)
    assert 0.28 < share < 0.32


def test_parts_are_all_there_is() -> None:
    """Each row is in one of the two parts, and only there."""
    rows = [Example(n, {}, True) for n in range(100)]

    train, test = part(rows, "train"), part(rows, "test")

    assert sorted(train + test) == rows
    assert not {row.row_id for row in train} & {row.row_id for row in test}


def test_unknown_part_is_refused() -> None:
    """The message says which there are."""
    with pytest.raises(ValueError, match="no part 'dev': take one of train, test"):
        part(SOME, "dev")


def test_fingerprint_is_of_the_values() -> None:
    """The order of rows and columns does not matter, every value does."""
    turned = [SOME[1], Example(1, {"a": None, "b": 2.0}, True)]
    changed = [SOME[1], Example(1, {"a": None, "b": 2.5}, True)]

    assert fingerprint(SOME) == fingerprint(turned)
    assert len({fingerprint(rows) for rows in (SOME, changed, SOME[:1])}) == 3


def test_frame_has_sorted_columns_of_numbers() -> None:
    """A model asks for its columns in their order, whatever order a store has kept."""
    table = frame(SOME)

    assert list(table.columns) == ["a", "b"]
    assert list(table.index) == [1, 2]
    assert math.isnan(table.loc[1, "a"])
    assert {str(kind) for kind in table.dtypes} == {"float64"}
    assert labels(SOME) == [True, False]
