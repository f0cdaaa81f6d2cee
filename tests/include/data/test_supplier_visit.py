"""A supplier who brings its file."""

from pathlib import Path

import pytest

from include.data import supplier_visit
from include.retail.deliveries import DeliveryError


def test_a_visit_leaves_the_delivery_and_is_cleared_away(tmp_path: Path) -> None:
    """Before and after there is nothing; between lies the whole file, and only that."""
    target = tmp_path / "new" / "wiesel.csv"
    supplier_visit.clear_place(str(target))
    assert supplier_visit.units_left(str(target)) is None
    supplier_visit.leave_file(str(target))
    assert [*target.parent.iterdir()] == [target]
    assert target.read_bytes() == supplier_visit.DELIVERY.read_bytes()
    supplier_visit.clear_place(str(target))
    assert supplier_visit.units_left(str(target)) is None


def test_units_are_added_up_over_all_lines(tmp_path: Path) -> None:
    """The second column of every line after the head counts."""
    target = str(tmp_path / "wiesel.csv")
    supplier_visit.leave_file(target)
    rows = supplier_visit.DELIVERY.read_text().splitlines()[1:]
    assert supplier_visit.units_left(target) == sum(int(row.split(",")[1]) for row in rows)


def test_half_a_file_is_an_error_not_a_number(tmp_path: Path) -> None:
    """A file that somebody else left in pieces is not counted."""
    target = tmp_path / "wiesel.csv"
    target.write_text("sku,quantity,unit_cost,delivered_at\nSKU-1,5")
    with pytest.raises(DeliveryError):
        supplier_visit.units_left(str(target))
