"""Sorting records: none is lost."""

from include.resilience.quarantine import Refused, sort_out
from include.retail import records
from include.retail.records import Record


def units(record: Record) -> int:
    return records.whole_number(record, "units")


def test_each_record_is_good_or_refused_with_its_reason():
    """Good ones are read, the others stand aside as they came, and say what is wrong."""
    batch = [{"units": "1"}, {"units": "a dozen"}, {}, {"units": 4}]

    good, refused = sort_out(batch, units)

    assert good == [1, 4]
    assert refused == [
        Refused(
            {"units": "a dozen"},
            "Field 'units' holds 'a dozen'; it must be a whole number such as 12.",
        ),
        Refused({}, "Field 'units' holds ''; it must be filled in."),
    ]


def test_no_records_give_nothing():
    """An empty batch has no good and no refused ones, and the next one starts empty."""
    assert sort_out([], units) == ([], [])
    assert sort_out([{"units": "1"}], units).good == [1]
    assert sort_out([], units) == ([], [])


def test_another_error_is_not_hidden():
    """Only a bad record is put aside; a bug of the parser is not."""
    try:
        sort_out([{"units": "1"}], lambda record: record["missing"])
    except KeyError as error:
        assert error.args == ("missing",)  # noqa: PT017
    else:
        raise AssertionError("the bug was hidden")
