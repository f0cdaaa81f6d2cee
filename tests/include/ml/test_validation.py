"""What is not fit to learn from is refused by name."""

from collections.abc import Callable
from typing import Any

import pytest

from include.ml.datasets import DATASETS, breast_cancer_records
from include.ml.validation import InvalidRecordsError, require_valid
from tests.include.ml.rows import customer_records

Records = list[dict[str, Any]]
CUSTOMERS = DATASETS["customers"]


def setting(field: str, value: object, rows: int = 1) -> Callable[[Records], None]:
    """Spoil a field of the first rows."""

    def spoil(records: Records) -> None:
        for record in records[:rows]:
            record[field] = value

    return spoil


def test_the_data_sets_are_valid() -> None:
    """The shop's customers, 60 without a year of birth, and scikit-learn's samples."""
    assert require_valid(CUSTOMERS, customer_records()) == 600
    assert require_valid(DATASETS["breast_cancer"], breast_cancer_records()) == 569


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (setting("customer_id", 2), "customer_id 2 is there 2 times"),
        (setting("avg_basket", -1), "avg_basket is -1 in row 1, not between 0 and 100000"),
        (setting("avg_basket", float("nan")), "avg_basket is nan in row 1"),
        (setting("avg_basket", "12"), "avg_basket is '12' in row 1"),
        (setting("newsletter", 2), "newsletter is 2 in row 1"),
        (setting("support_tickets", None), "support_tickets is missing in 1 rows, 0% may be"),
        (setting("birth_year", None, 200), "birth_year is missing in 2.. rows, 20% may be"),
        (setting("signed_up", "2026-04-01"), "signed_up is '2026-04-01' in row 1"),
        (setting("signed_up", "yesterday"), "signed_up is 'yesterday' in row 1"),
        (setting("signed_up", 7), "signed_up is 7 in row 1"),
        (setting("churned", None), "churned is None in 1 rows"),
        (setting("churned", False, 600), "churned is True in only 0 rows"),
        (lambda records: records.__delitem__(slice(199, None)), "There are 199 rows, at least 200"),
    ],
)
def test_a_fault_is_named(spoil: Callable[[Records], None], message: str) -> None:
    """Column, row and value are in the message."""
    records = customer_records()
    spoil(records)

    with pytest.raises(InvalidRecordsError, match=f"^customers: .*{message}"):
        require_valid(CUSTOMERS, records)


def test_of_many_faults_the_first_are_told() -> None:
    """And how many there are besides."""
    records = customer_records()
    setting("avg_basket", -1, 20)(records)

    with pytest.raises(InvalidRecordsError, match=r"row 5, .* And 15 more\.$"):
        require_valid(CUSTOMERS, records)
