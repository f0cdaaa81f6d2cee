"""A suite's file is right, or every mistake in it is named with its line."""

import json
from pathlib import Path
from typing import Any

import pytest

from include.configuration.reader import ConfigurationError
from include.quality import expectations

GOOD: dict[str, Any] = {
    "type": "expect_column_to_exist",
    "kwargs": {"column": "a"},
    "why": "It is needed.",
}
BETWEEN = "expect_column_values_to_be_between"


def load(folder: Path, text: str) -> expectations.Suite:
    (folder / "orders.json").write_text(text)
    return expectations.load("orders", folder)


@pytest.mark.slow
def test_the_shops_suite_is_right():
    """It holds the expectations that every suite should have, each once for its column."""
    suite = expectations.load("orders")

    assert {
        "expect_column_to_exist",
        "expect_column_values_to_not_be_null",
        BETWEEN,
        "expect_table_row_count_to_be_between",
    } <= {rule.type for rule in suite.expectations}
    built = suite.build()
    assert len(built.expectations) == len(suite.expectations) == 11


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"type": "expect_column_to_exits"}, "'expect_column_to_exist'"),
        ({"type": "unheard_of"}, "no expectation has this name; see"),
        ({"kwargs": {}}, "kwargs.column: field required"),
        ({"kwargs": {"column": "a", "colour": 1}}, "kwargs.colour: extra fields not permitted"),
        ({"type": BETWEEN}, "min_value and max_value cannot both be None"),
        (
            {"type": BETWEEN, "kwargs": {"column": "a", "min_value": 3, "max_value": 1}},
            "kwargs.min_value 3 is above max_value 1; exchange them",
        ),
        ({"severity": "high"}, "'critical' or 'warning'"),
        ({"why": ""}, "why"),
        ({"reason": "x"}, "is not a known key"),
    ],
)
def test_a_wrong_rule_is_named(tmp_path: Path, change: dict[str, Any], said: str):
    """With the file, the line, the field, and the way out."""
    suite = {"name": "orders", "expectations": [GOOD, {**GOOD, **change}]}

    with pytest.raises(ConfigurationError) as error:
        load(tmp_path, json.dumps(suite, indent=1))

    assert f"{tmp_path}/orders.json:" in str(error.value)
    assert "expectations[1]" in str(error.value)
    assert said in str(error.value)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('{"name": "orders",\n "expectations": [}', "orders.json:2: not valid"),
        ('{"name": "orders", "expectations": []}', "too few entries"),
        ('{"expectations": []}', "name: is missing"),
    ],
)
def test_a_file_that_is_no_suite_is_named(tmp_path: Path, text: str, said: str):
    """Whatever is wrong with it."""
    with pytest.raises(ConfigurationError, match=said):
        load(tmp_path, text)


def test_a_missing_file_is_named(tmp_path: Path):
    """With its path."""
    with pytest.raises(ConfigurationError, match=r"orders\.json: cannot be read"):
        expectations.load("orders", tmp_path)
