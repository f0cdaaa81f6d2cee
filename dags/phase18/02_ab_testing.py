"""# 18.02 · A/B testing

Traffic is split the same way each time, the experiment stops when the evidence suffices, and
the winner is rolled out; two equal variants have no winner.

**Level** Enterprise MLOps · **Time** 25 minutes · **After** `phase6_02_complete_ml_pipeline` ·
**Services** `postgres`

## What you will learn

- An **A/B test** shows two variants to two groups that nobody chose: a **hash** of the visitor
  splits the traffic, so each visitor sees the same again and nothing has to be remembered.
- The **experiment is a file**, `configs/experiments/…yaml`: split, smallest effect that matters,
  alpha and power. From these follow the visitors needed, *before* the first one comes.
- A **sample-ratio check** tells a broken measurement: half of the traffic has to be half.
- **Statistical significance** says how rarely chance alone gives such a difference. Looking each
  week is as many chances to be wrong; **alpha spending** sets a stricter bound for each look.
- **Rollout**: the decision is a row that the router reads. From then on everybody sees the winner.

## Run it

1. Press **Trigger**: the new checkout, after all four looks. Open `take_looks`, **Storage · XCom**:
   the third *z* is above its *bound*, so there is no fourth look. `roll_out` says what the next
   1000 visitors see: `one_page`, all of them.
2. Trigger with *looks* 1: after a week the z is 1.3, far below the bound of 4.0. The experiment
   goes on, and `roll_out` shows the traffic split again: 40 % see the new page, the others do not
   take part or are the control.
3. Trigger with *experiment* `same_checkout_twice`: the real sessions of the shop, who all saw the
   same. No difference is found, and the first variant stays.
4. Trigger with *lose_visits*. Each eighth visit of the new page is forgotten: `check_ratio` fails
   the run with the numbers, and what visitors see stays as it was.
5. Open `rehearse`: of 4000 A/A experiments, 5 % have a winner by the bounds, and 12 % if somebody
   looks four times for p below 0.05.

## Why it is written this way

What decides is fixed beforehand: whoever picks alpha, effect or end while looking finds what he
wishes. The plan is tried on drawn visitors before it is used, and stops the run if it keeps its
promise badly. Visitors of the checkout experiment are drawn from a seed, for nobody sees a page
here; `simulated` in its file says how they behave, so change it and see. The looks are taken again
from the first visit on in each run: a run that is repeated decides the same.

## Next

`phase18_03_auto_retraining` sends a small share of traffic to a new model.
"""

from collections import Counter
from datetime import timedelta
from typing import Any

from airflow.providers.common.sql.operators.sql import SQLExecuteQueryOperator
from airflow.sdk import Param, dag, task

from include.experiments import comparison, planning, split, store, verdict
from include.experiments.experiment import Experiment, load

EXPERIMENTS = ["one_page_checkout", "same_checkout_twice"]
REPEATS, SEED = 4000, 18


def connect() -> Any:
    """Open a connection to the warehouse."""
    from airflow.providers.postgres.hooks.postgres import PostgresHook

    return PostgresHook("warehouse").get_conn()


def seen_by(experiment: Experiment, visitors: int) -> dict[str, int]:
    """Return how many of the next visitors see which variant."""
    winner = store.winner(connect, experiment)
    shown = (split.route(experiment, f"next{n}", winner) for n in range(visitors))
    return dict(Counter(shown))


@dag(
    dag_display_name="18.02 · A/B testing",
    description=(
        "Traffic is split the same way each time, the experiment stops when the evidence suffices, "
        "and the winner is rolled out; two equal variants have no winner."
    ),
    schedule=None,
    max_active_runs=1,
    params={
        "experiment": Param(EXPERIMENTS[0], enum=EXPERIMENTS),
        "looks": Param(4, type="integer", minimum=1, maximum=4, title="Looks taken so far"),
        "lose_visits": Param(False, type="boolean", description="Break the measurement"),
    },
    default_args={
        "owner": "marketing",
        "retries": 2,
        "retry_delay": timedelta(seconds=2),
        "conn_id": "warehouse",
    },
    tags=["phase18", "enterprise-mlops", "postgres"],
    doc_md=__doc__,
)
def phase18_02_ab_testing() -> None:
    """Plan an experiment, split its traffic, look until the evidence suffices, roll out."""
    make_tables = SQLExecuteQueryOperator(task_id="make_tables", sql=store.TABLES)

    @task
    def plan_experiment(params: dict[str, Any]) -> dict[str, Any]:
        """Return how many visitors are needed, and the bound of each look."""
        return planning.plan(load(params["experiment"]))._asdict()

    @task
    def rehearse(plan: dict[str, Any], params: dict[str, Any]) -> dict[str, float]:
        """Return how often A/A experiments have a winner; fail if it is oftener than promised."""
        experiment = load(params["experiment"])
        found = planning.rehearse(experiment, planning.Plan(**plan), REPEATS, SEED)
        found.require_honest(experiment.alpha)
        return found._asdict()

    @task
    def record_visits(params: dict[str, Any]) -> dict[str, int]:
        """Keep who was shown what, and who bought; return how many saw each variant."""
        return store.record_visits(connect, load(params["experiment"]), params["lose_visits"])

    @task(retries=0)
    def check_ratio(visitors: dict[str, int], params: dict[str, Any]) -> float:
        """Return the p-value of the groups' sizes; fail if chance does not make such sizes."""
        return comparison.sample_ratio(visitors, load(params["experiment"]).variants)

    @task
    def take_looks(plan: dict[str, Any], params: dict[str, Any]) -> list[dict[str, Any]]:
        """Compare the groups at each look, until one ends the experiment."""
        experiment = load(params["experiment"])
        groups = store.count_groups(connect, experiment, params["looks"])
        looks = verdict.take_looks(experiment, plan["visitors"], groups)
        store.write_looks(connect, experiment, looks)
        return [look._asdict() for look in looks]

    @task
    def decide(looks: list[Any], params: dict[str, Any]) -> dict[str, Any]:
        """Say whether there is a winner, no difference, or not enough evidence yet."""
        found = [verdict.Look(**look) for look in looks]
        return verdict.decide(load(params["experiment"]), found)._asdict()

    @task
    def roll_out(decision: dict[str, Any], params: dict[str, Any]) -> dict[str, int]:
        """Let the decision hold; return what the next 1000 visitors see."""
        experiment = load(params["experiment"])
        store.roll_out(connect, experiment, verdict.Decision(**decision))
        return seen_by(experiment, 1000)

    plan, visitors = plan_experiment(), record_visits()
    looks = take_looks(plan)
    [make_tables, rehearse(plan)] >> visitors
    check_ratio(visitors) >> looks
    roll_out(decide(looks))


phase18_02_ab_testing()
