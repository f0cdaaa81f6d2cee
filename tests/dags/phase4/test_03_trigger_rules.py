"""`phase4_03_trigger_rules`: what every trigger rule makes of a failure and of a skip."""

import json
import re

import pytest
from airflow.sdk import TriggerRule

from include.data import seeds
from include.retail.deliveries import DeliveryError, parse_delivery
from tests.lessons import Result, Run, lake

DAG = "phase4_03_trigger_rules"
GROUPS = ("after_failure", "after_skip")


def promised(page: str) -> dict[str, str]:
    """The state of each rule's task, as the page's table says."""
    rows = re.findall(r"^\| `(\w+)` \| (\w+) \| (\w+) \|$", page, flags=re.MULTILINE)
    return {
        f"{group}.{rule}": state
        for rule, *states in rows
        for group, state in zip(GROUPS, states, strict=True)
    }


@pytest.fixture(scope="module")
def result(run: Run) -> Result:
    """The lesson, run untouched."""
    return run(DAG)


def test_every_rule_does_what_the_table_says(result: Result, bag) -> None:
    """The real states equal the page's table, which has every rule; the stored report does too."""
    table = promised(bag.dags[DAG].doc_md)
    rules = {rule.value for rule in TriggerRule} - {"all_done_setup_success"}
    assert table.keys() == {f"{group}.{rule}" for group in GROUPS for rule in rules}
    assert result.state == "success"
    ruled = {name: state for name, state in result.states.items() if "." in name}
    assert ruled == table
    left = lake("phase4/03_trigger_rules/")
    assert {name: json.loads(content) for name, content in left.items()} == {"states.json": table}


def test_one_file_really_fails_and_the_teardown_still_removes_all(result: Result, bag) -> None:
    """The corrupt file fails to be read, the missing one is skipped, both files are gone after."""
    outside = {name: state for name, state in result.states.items() if "." not in name}
    assert outside == {
        "put_files": "success",
        "read_good": "success",
        "read_corrupt": "failed",
        "read_missing": "skipped",
        "remove_files": "success",
        "report_states": "success",
    }
    remove_files = bag.dags[DAG].task_dict["remove_files"]
    assert remove_files.trigger_rule == TriggerRule.ALL_DONE_SETUP_SUCCESS
    corrupt = seeds.CORRUPT_DELIVERIES / "2026-01-06" / "lumen.csv"
    with pytest.raises(DeliveryError, match="a dozen"):
        parse_delivery(corrupt.read_text(), corrupt.name)
