"""# 11.01 · Dag testing

A small project's unit, structure and whole-Dag tests run for real; break it and the report
names the test that caught it.

**Level** Enterprise Foundation · **Time** 20 minutes · **After** `phase3_02_python_operator` ·
**Services** `postgres`, `object_store`

## What you will learn

- **Logic outside of operators** is plain functions: `dags/revenue/totals.py` of the small project
  in `dags/phase11/demo_project` imports no Airflow, and its **unit tests** take milliseconds.
- **Dag validation tests** read the Dags as Airflow does, without running them: import errors,
  cycles, owners, the order of tasks.
- `dag.test()` runs a **whole Dag** in one process, without a scheduler.
- A **fake** answers as a database would. It is fast, and it agrees with everything: only the real
  database knows that a column does not exist.

## Run it

1. Press **Trigger**. The project becomes a git commit, and three suites test it side by side.
2. Open `publish_report`, **Storage · XCom**, and follow the address: every test, and which lines of
   which file no test ran.
3. Trigger with *change* `wrong_total`: the run ends red. `require_passed` says which tests failed,
   `test_a_cancelled_order_earns_nothing` first.
4. Trigger with `cycle` or `import_error`: the unit tests do not notice, but
   `test_no_dag_has_a_cycle` or `test_every_file_loads` does.
5. Trigger with `wrong_column`: all fakes are content, the whole Dag's test on PostgreSQL is not.

Each change is a patch in `dags/phase11/changes`. From the folder `demo_project`, the same tests
run with `pytest tests/unit tests/structure`.

## Why it is written this way

Each suite runs in a process of its own with a fresh checkout: the project's Airflow has its own
settings and database, and knows nothing of this one. The report comes before the gate, since a
failed run is the one whose report is read. It holds no times: the same project, the same report.

## Next

`phase11_02_cicd_patterns` brings the tested project to production.
"""

from pathlib import Path
from typing import Any

from airflow.sdk import Param, dag, task

from include.delivery import checks, report, repository

HERE = Path(__file__).parent
REPOSITORY = "{{ conn.delivery.host }}"
CHANGES = ["none", "wrong_total", "cycle", "import_error", "wrong_column"]


@dag(
    dag_display_name="11.01 · Dag testing",
    description=(
        "A small project's unit, structure and whole-Dag tests run for real; break it and the "
        "report names the test that caught it."
    ),
    schedule=None,
    max_active_runs=1,
    params={"change": Param("none", enum=CHANGES, description="What is done to the project first")},
    default_args={"owner": "platform"},
    tags=["phase11", "enterprise-foundation", "object_store", "postgres"],
    doc_md=__doc__,
)
def phase11_01_dag_testing() -> None:
    """Test a project, and let it go on only if every test passes."""

    @task
    def commit_project(address: str, params: dict[str, Any]) -> str:
        """Commit the project with the change that is wanted; return the commit."""
        return repository.propose(address, HERE, params["change"], branch="tested")

    @task(map_index_template="{{ task.op_kwargs['suite'] }}")
    def run_tests(address: str, commit: str, suite: str) -> checks.Report:
        """Run one suite; failing tests are part of its report."""
        from airflow.sdk import Connection

        warehouse = {"warehouse": Connection.get("warehouse").get_uri()}
        with repository.checkout(address, commit) as project:
            return checks.run_tests(project, suite, warehouse if suite == "whole" else None)

    @task
    def publish_report(reports: Any) -> str:
        """Publish all tests and their coverage as a page; return its address."""
        from plugins.hooks.pages import PagesHook

        pages = report.pages("Tests of the revenue report", [*map(checks.Report.of, reports)])
        return PagesHook().publish("phase11/tests", pages)

    @task
    def require_passed(reports: Any) -> int:
        """Fail with the names of the tests that failed; return how many passed."""
        told = [*map(checks.Report.of, reports)]
        checks.require_passed(*told)
        return sum(one.state == "passed" for each in told for one in each.outcomes)

    commit = commit_project(REPOSITORY)
    reports = run_tests.partial(address=REPOSITORY, commit=commit).expand(suite=[*checks.SUITES])
    publish_report(reports) >> require_passed(reports)


phase11_01_dag_testing()
