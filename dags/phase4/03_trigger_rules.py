"""# 4.03 · Trigger rules

One corrupt delivery really fails, and around it every trigger rule shows whether it lets its
task run; the run itself still succeeds.

**Level** Beginner · **Time** 15 minutes · **After** `phase4_02_branching` · **Services**
`object_store`

## What you will learn

- A task's **trigger rule** says which outcomes before it let it start. The usual one is
  `all_success`. The table shows all of them, once after a good and a corrupt file, once after a
  good and a missing one:

| rule | after a failure | after a skip |
|---|---|---|
| `all_success` | upstream_failed | skipped |
| `all_failed` | skipped | skipped |
| `all_done` | success | success |
| `all_done_min_one_success` | success | skipped |
| `one_success` | success | success |
| `one_failed` | success | skipped |
| `one_done` | success | success |
| `none_failed` | upstream_failed | success |
| `none_failed_min_one_success` | upstream_failed | success |
| `none_skipped` | success | skipped |
| `always` | success | success |
| `all_skipped` | skipped | skipped |

- A **setup** makes what others need, its **teardown** removes it, whatever became of them. Its
  rule is `all_done_setup_success`: all are done, and there is something to remove.

## Run it

1. Press **Trigger**. In the **Graph**, `read_corrupt` is red and `read_missing` pink. Open the two
   groups and compare their tasks with the table. The run itself ends green.
2. The **Logs** of `read_corrupt` name the file, the line and what is wrong in it.
3. `report_states` left the same table in the object store, as
   `lake/phase4/03_trigger_rules/states.json`; the files beside it are gone.

## Why it is written this way

The failure is real: a file whose quantity says `a dozen`. The tasks in the groups do nothing, for
only their rule is of interest. The last tasks decide how the run ends: `report_states` (`all_done`)
comes after all of them and succeeds, a teardown does not count. Without it, each `upstream_failed`
would fail the run. Rules beginning with `one_` do not wait for the others, and `always` waits for
nobody.

## Next

`phase4_04_dynamic_tasks` lets the data decide how many tasks run.
"""

import json
import logging
from datetime import timedelta
from typing import Any

from airflow.providers.standard.operators.empty import EmptyOperator
from airflow.sdk import ObjectStoragePath, TaskGroup, TriggerRule, dag, setup, task, teardown
from airflow.sdk.exceptions import AirflowSkipException

from include.data import seeds
from include.retail.deliveries import parse_delivery

log = logging.getLogger(__name__)

FOLDER = "s3://object_store@lake/phase4/03_trigger_rules"
DELIVERIES = {"good": seeds.DELIVERIES, "corrupt": seeds.CORRUPT_DELIVERIES}
RULES = [rule for rule in TriggerRule if rule != TriggerRule.ALL_DONE_SETUP_SUCCESS]


@dag(
    dag_display_name="04.03 · Trigger rules",
    description=(
        "One corrupt delivery really fails, and around it every trigger rule shows whether it lets "
        "its task run; the run itself still succeeds."
    ),
    schedule=None,
    max_active_runs=1,
    default_args={"owner": "logistics", "retries": 2, "retry_delay": timedelta(seconds=5)},
    tags=["phase4", "beginner", "object_store"],
    doc_md=__doc__,
)
def phase4_03_trigger_rules() -> None:
    """Show what every trigger rule makes of a failure and of a skip."""

    @setup
    def put_files() -> None:
        """Put a good and a corrupt delivery into the lake."""
        for name, folder in DELIVERIES.items():
            source = folder / "2026-01-06" / "lumen.csv"
            ObjectStoragePath(f"{FOLDER}/{name}.csv").write_bytes(source.read_bytes())

    @task(retries=0)
    def read(name: str) -> int:
        """Return how many products were delivered; a file that is not there is a skip."""
        file = ObjectStoragePath(f"{FOLDER}/{name}.csv")
        if not file.exists():
            reason = f"{file} was not delivered."
            log.info(reason)  # The exception's own text is in a folded group of the log.
            raise AirflowSkipException(reason)
        return len(parse_delivery(file.read_text(), str(file)))

    @teardown
    def remove_files() -> None:
        """Remove both files, however reading them ended."""
        for name in DELIVERIES:
            ObjectStoragePath(f"{FOLDER}/{name}.csv").unlink(missing_ok=True)

    @task(trigger_rule=TriggerRule.ALL_DONE)
    def report_states(ti: Any = None) -> None:
        """Store which state each of the rules' tasks has."""
        states = ti.get_task_states(dag_id=ti.dag_id, run_ids=[ti.run_id])[ti.run_id]
        ruled = {name: str(state) for name, state in sorted(states.items()) if "." in name}
        ObjectStoragePath(f"{FOLDER}/states.json").write_text(json.dumps(ruled, indent=1))

    good, corrupt, missing = (
        read.override(task_id=f"read_{name}")(name) for name in ("good", "corrupt", "missing")
    )
    files, report = put_files(), report_states()
    files >> [good, corrupt, missing] >> remove_files().as_teardown(setups=files)
    for group_id, other in (("after_failure", corrupt), ("after_skip", missing)):
        with TaskGroup(group_id) as group:
            for rule in RULES:
                [good, other] >> EmptyOperator(task_id=rule.value, trigger_rule=rule)
        group >> report


phase4_03_trigger_rules()
