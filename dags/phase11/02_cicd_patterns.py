"""# 11.02 · CI/CD patterns

A change passes lint, tests, staging, smoke test and your approval on its way to production; a
broken Dag never reaches staging, a failed smoke test goes back to the former commit.

**Level** Enterprise Foundation · **Time** 25 minutes · **After** `phase11_01_dag_testing` ·
**Services** `postgres`

## What you will learn

- The stages of a **pipeline**, from lint to production: what one refuses never reaches the next.
- A **Dag bundle** is where Airflow finds Dags. `staging` and `production` are branches of one git
  repository: to deploy is to move a branch in one step, to **roll back** is to move it back.
- A **smoke test** runs what was deployed, where it was deployed. Tests with fakes cannot know that
  a column is missing. `ApprovalOperator` puts a **human in the loop**.

## Run it

1. Press **Trigger**. After the smoke test, **Required Actions** asks *Bring to production?* Answer,
   or let 30 seconds pass, which approve by themselves.
2. Two new Dags are listed behind this one: *staging* and *production*. A run's **Details** show its
   *Bundle Version*: the commit that `show_production` returns.
3. Trigger with *change* `group_by_channel`: production now adds up by channel.
4. Trigger with `untidy`, `wrong_total` or `cycle`: `lint`, `test` or `validate` ends red.
5. Trigger with `wrong_column`: the smoke test fails on the real database, `roll_back` lets staging
   run its former commit again, and production never sees the change.

## Why it is written this way

Every stage checks the same commit out anew: what was tested is deployed. A branch moves only from
where it was seen: no deployment overwrites another. `.github/workflows/ci.yml` has such stages.

## Next

`phase12_01_metrics_monitoring` watches what runs in production.
"""

import logging
from datetime import timedelta
from pathlib import Path
from typing import Any

from airflow.providers.standard.operators.hitl import ApprovalOperator
from airflow.sdk import Param, PokeReturnValue, TriggerRule, dag, task, task_group
from airflow.sdk.exceptions import AirflowSkipException

from include.delivery import checks, repository

log = logging.getLogger(__name__)

HERE = Path(__file__).parent
REPOSITORY = "{{ conn.delivery.host }}"
CHANGES = ["none", "group_by_channel", "untidy", "wrong_total", "cycle", "wrong_column"]
DAG_ID = "phase11_02_cicd_patterns__{}"


@task.sensor(poke_interval=1, timeout=300)
def start_smoke_test(deployment: Any) -> PokeReturnValue:
    """Once Airflow has loaded this very commit, start a run of it; return its id."""
    from plugins.hooks.airflow_api import AirflowApiHook

    environment, _, commit = deployment
    run = AirflowApiHook().trigger_version(DAG_ID.format(environment), commit)
    return PokeReturnValue(is_done=run is not None, xcom_value=run)


@task.sensor(poke_interval=1, timeout=300)
def smoke_test(deployment: Any, run: str) -> bool:
    """Wait until that run has ended, and fail if it failed."""
    from plugins.hooks.airflow_api import AirflowApiHook

    return AirflowApiHook().has_succeeded(DAG_ID.format(deployment[0]), run)


@task(trigger_rule=TriggerRule.ONE_FAILED)
def roll_back(address: str, deployment: Any) -> str:
    """Let the environment run its former commit again; return it."""
    if not deployment or deployment[1] == deployment[2]:
        reason = "Nothing was deployed: there is nothing to take back."
        log.info(reason)  # The exception's own text is in a folded group of the log.
        raise AirflowSkipException(reason)
    repository.roll_back(address, repository.Deployment(*deployment))
    return str(deployment[1])


@task
def switch(address: str, commit: str, environment: str) -> repository.Deployment:
    """Move the environment's branch to the commit."""
    return repository.deploy(address, environment, commit)


@task_group
def deploy_to(environment: str, commit: Any) -> tuple[Any, Any]:
    """Deploy a commit, try it, and take it back if it does not work."""
    deployment = switch(REPOSITORY, commit, environment)
    tested = smoke_test(deployment, start_smoke_test(deployment))
    tested >> roll_back(REPOSITORY, deployment)
    return deployment, tested


@dag(
    dag_display_name="11.02 · CI/CD patterns",
    description=(
        "A change passes lint, tests, staging, smoke test and your approval on its way to "
        "production; a broken Dag never reaches staging, a failed smoke test goes back to the "
        "former commit."
    ),
    schedule=None,
    max_active_runs=1,
    params={"change": Param("none", enum=CHANGES, description="What somebody wants to deploy")},
    default_args={"owner": "platform"},
    tags=["phase11", "enterprise-foundation", "postgres"],
    doc_md=__doc__,
)
def phase11_02_cicd_patterns() -> None:
    """Bring a change to production, if nothing speaks against it."""

    @task
    def commit_change(address: str, params: dict[str, Any]) -> str:
        """Commit the project with the change that is wanted; return the commit."""
        return repository.propose(address, HERE, params["change"], branch="proposed")

    @task
    def lint(address: str, commit: str) -> None:
        """Refuse untidy code."""
        with repository.checkout(address, commit) as project:
            checks.lint(project)

    @task
    def test(address: str, commit: str) -> None:
        """Refuse wrong results, and code that no test has run."""
        with repository.checkout(address, commit) as project:
            checks.require_passed(checks.run_tests(project, "unit", coverage=50))

    @task
    def validate(address: str, commit: str) -> None:
        """Refuse Dags that Airflow cannot load."""
        with repository.checkout(address, commit) as project:
            checks.require_passed(checks.run_tests(project, "structure"))

    approve = ApprovalOperator(
        task_id="approve",
        subject="Bring to production?",
        body="Commit {{ ti.xcom_pull('commit_change') }} works in staging.",
        defaults="Approve",
        response_timeout=timedelta(seconds=30),
    )

    @task
    def show_production(address: str) -> str:
        """Return the commit that production runs now."""
        return repository.head(address, "production")

    commit = commit_change(REPOSITORY)
    staged, works_in_staging = deploy_to.override(group_id="staging")("staging", commit)
    released, works = deploy_to.override(group_id="production")("production", commit)
    lint(REPOSITORY, commit) >> test(REPOSITORY, commit) >> validate(REPOSITORY, commit) >> staged
    works_in_staging >> approve >> released
    works >> show_production(REPOSITORY)


phase11_02_cicd_patterns()
