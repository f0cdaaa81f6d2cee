"""Contracts about data: what they allow, and how a mistake in one is told."""

from pathlib import Path
from typing import Any

import pytest

from include.configuration.reader import ConfigurationError
from include.quality import contract
from include.quality.contract import ContractBrokenError

GOOD = """asset: orders
owner: sales
consumers: [logistics]
schema: order
mode: FORWARD
"""


@pytest.mark.parametrize(
    "change",
    [
        {},
        {"properties": {"gift": {"type": "boolean"}}},
        {"properties": {"status": {"enum": ["paid", "shipped"]}}},
    ],
)
def test_what_every_reader_still_understands_is_allowed(change: dict[str, Any]) -> None:
    """Nothing, a field more, fewer values."""
    contract.load("orders").require_kept(change)


@pytest.mark.parametrize(
    ("change", "rule"),
    [
        ({"properties": {"amount": {"type": "string"}}}, "TYPE_NARROWED at amount"),
        ({"required": ["order_id"]}, "FIELD_REQUIRED at amount"),
        ({"properties": {"status": {"enum": ["paid", "lost"]}}}, "VALUE_REMOVED at status"),
    ],
)
def test_what_breaks_a_reader_is_refused(change: dict[str, Any], rule: str) -> None:
    """By the rule and its field, with whom to ask."""
    with pytest.raises(ContractBrokenError, match=f"{rule}.*Ask logistics, finance"):
        contract.load("orders").require_kept(change)


def test_a_change_that_is_no_schema_is_named() -> None:
    """Before it is compared with anything."""
    with pytest.raises(ConfigurationError, match="order, as changed"):
        contract.load("orders").require_kept({"properties": {"amount": {"type": "money"}}})


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (GOOD.replace("FORWARD", "SIDEWAYS"), "mode"),
        (GOOD.replace("owner: sales\n", ""), "owner"),
        (GOOD.replace("[logistics]", "[]"), "consumers"),
        (GOOD + "until: 2027\n", "until"),
        ("asset: [", "orders.yaml"),
    ],
)
def test_a_mistake_in_the_file_is_named(tmp_path: Path, text: str, said: str) -> None:
    """By the file and its key."""
    (tmp_path / "orders.yaml").write_text(text)

    with pytest.raises(ConfigurationError, match=said):
        contract.load("orders", tmp_path)
