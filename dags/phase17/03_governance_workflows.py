"""# 17.03 · Governance workflows

Personal data is found and tagged, expired rows go while held ones stay, a person approves the
access review, and a change names all that depend on it.

**Level** Enterprise Security & Governance · **Time** 25 minutes · **After**
`phase17_02_data_catalog`, `phase10_02_schema_validation`, `phase16_03_audit_compliance` ·
**Services** `postgres`, `inbox`

## What you will learn

- **Data classification**: each column of the shop's tables is *PII*, *confidential* or *public*, by
  its name and a sample of its values; the catalogue has the tags.
- **Retention**: what has expired is deleted, unless a **legal hold** keeps it.
- An **access review** asks a person whether those who may read a table still need to. Nobody
  answers? Then access is taken back: the safe answer is the default.
- **Impact analysis**: from the lineage, all that depends on a table, before somebody changes it.
- A **data contract** says which changes of the schema consumers can live with, and how old the data
  may be (an SLA between teams). Who is hit is told.

## Run it

1. Trigger *17.01 · OpenLineage*, so that there is something downstream, then this. After
   `list_access`, **Required Actions** asks *Keep access?* Answer, or let 20 seconds pass: the
   database then refuses the analyst.
2. `enforce_retention`, **Storage · XCom**: orders of before February went, those of two customers
   are held, with the reasons in `marts.governance_holds`.
3. `find_impact` names the tables and jobs behind `shop.orders`; the inbox's **Lineage** draws them.
4. Trigger with *event* `breaking_change`: `check_contract` fails and names the rule and consumers,
   the inbox shows the alert with all that depends on it. `late_data` alerts too, and ends green.

## Why it is written this way

A rule that people keep by hand is kept until they are busy. Each here ends in something the
database or the catalogue does by itself, and in a record of it. What a machine must not decide, it
asks, once, with a deadline. The classifier is measured: `tests/` states its precision and recall.

## Next

`phase18_01_feature_store` begins with models in production.
"""

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from airflow.providers.common.sql.operators.sql import SQLExecuteQueryOperator
from airflow.providers.standard.operators.hitl import HITLOperator
from airflow.sdk import Param, dag, task

from include.governance import access, retention

if TYPE_CHECKING:
    from plugins.hooks.governance import GovernanceHook

EVENTS = ["nothing", "breaking_change", "late_data"]
ASKED = "{{ ti.xcom_pull('list_access') | map('join', ' | ') | join('\n\n') }}"


def governance() -> "GovernanceHook":
    """Return the hook that keeps the rules; it is slow to import, so only a task does."""
    from plugins.hooks.governance import GovernanceHook

    return GovernanceHook()


@dag(
    dag_display_name="17.03 · Governance workflows",
    description=(
        "Personal data is found and tagged, expired rows go while held ones stay, a person "
        "approves the access review, and a change names all that depend on it."
    ),
    schedule=None,
    max_active_runs=1,
    params={
        "event": Param("nothing", enum=EVENTS, description="What the sales team does"),
        "today": Param("2026-04-01", type="string", format="date", description="Retention's today"),
    },
    default_args={"owner": "platform", "retries": 2, "retry_delay": 2, "conn_id": "warehouse"},
    tags=["phase17", "enterprise-security-governance", "postgres", "inbox"],
    doc_md=__doc__,
)
def phase17_03_governance_workflows() -> None:
    """Keep the rules about the shop's data."""
    load_orders = SQLExecuteQueryOperator(task_id="load_orders", sql=retention.MAKE)

    @task
    def classify_columns() -> dict[str, list[str]]:
        """Classify the shop's columns and tag its tables; return the personal ones."""
        return governance().classify()

    @task
    def enforce_retention(params: dict[str, Any]) -> dict[str, Any]:
        """Delete what has expired and is not held; return how much that was."""
        return governance().enforce_retention(params["today"])._asdict()

    @task
    def list_access() -> list[list[str]]:
        """Let the analyst read the table, and return who may read it."""
        return governance().list_access(grant=True)

    review_access = HITLOperator(
        task_id="review_access",
        subject="Keep access?",
        body=ASKED,
        options=[access.KEEP, access.REVOKE],
        defaults=[access.REVOKE],
        response_timeout=timedelta(seconds=20),
    )

    @task
    def apply_review(answer: dict[str, Any]) -> list[list[str]]:
        """Do what was decided; return who may read the table now."""
        return governance().apply_review(answer["chosen_options"])

    @task
    def find_impact() -> list[str]:
        """Return all that depends on the shop's orders."""
        return governance().impact("shop.orders")

    @task(retries=0)
    def check_contract(impact: list[str], params: dict[str, Any], ti: Any = None) -> None:
        """Alert if the contract about orders is broken, and fail if its schema is."""
        governance().check_contract(params["event"], params["today"], impact, ti)

    access_list = list_access()
    load_orders >> [enforce_retention(), access_list]
    access_list >> review_access >> apply_review(review_access.output)
    impact = find_impact()
    load_orders >> impact
    check_contract(impact)
    classify_columns()


phase17_03_governance_workflows()
