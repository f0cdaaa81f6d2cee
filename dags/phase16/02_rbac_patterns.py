"""# 16.02 · RBAC patterns

Roles are applied from a file, and each team's user sees and triggers exactly what the table
allows; everything else is refused.

**Level** Enterprise Security & Governance · **Time** 20 minutes · **After**
`phase16_01_secrets_backend` · **Services** `postgres`

## What you will learn

- **RBAC**, role-based access control: a user has roles, a **role** has permissions, and a
  **permission** is an action on a resource, such as *can_read* on *Pools*.
- The resource `DAG:<id>` is a **single Dag**: a team's role names the team's Dags, and the others
  are not even in its list. A Dag may also name roles itself, in `access_control`.
- **Roles as code**: `configs/roles.toml` is applied over Airflow's own API. What somebody clicked
  since is found and undone; applying twice changes nothing.
- A permission is worth what a **refused call** proves: each login makes each call of
  `configs/access.toml`, and is allowed or refused as that table says.

## Run it

1. Press **Trigger**. Open `compare`, **Storage · XCom**: 75 calls of five logins are as agreed;
   `marts.access_checks` has each. The two Dags beside this one have been started, one by each team.
2. Trigger with *tamper*. The role `sales_team` is given *can_read* on *Connections*, as somebody
   could by hand. `apply_roles` returns it as *removed*, and `compare` finds nothing.
3. Trigger with *tamper* and without *apply*: `compare` fails and says
   `sales may read connections`. Trigger once more, and it is undone.
4. Log in as `sales` (`sales_password` in `.lab/secrets.json`): the list has one Dag.

## Why it is written this way

Two files say it twice on purpose: roles are how, the table is what the teams agreed on. A wrong
role would otherwise pass its own test. The login that changes roles can give itself any right, so
it is one of its own, used by this Dag alone. Airflow keeps a user's permissions in a cache: what is
taken away still holds for 30 seconds, or for one here, where `[fab] cache_ttl` is 1.
Where people log in through an identity provider, its groups become these roles.

## Next

`phase16_03_audit_compliance` reads who did what.
"""

from datetime import timedelta
from typing import Any

from airflow.providers.common.sql.operators.sql import SQLExecuteQueryOperator
from airflow.sdk import Param, dag, task

from include.access import table
from plugins.hooks.airflow_access import AirflowAccessHook, wanted_roles

LOGINS = ["airflow_sales", "airflow_logistics", "airflow_auditor", "airflow_access", "airflow_api"]
TAGS = ["phase16", "enterprise-security-governance", "postgres"]
CONNECTIONS = ("can_read", "Connections")
HELPER = {"is_paused_upon_creation": False, "tags": [*TAGS, "helper"]}


@dag(
    dag_display_name="16.02 · RBAC patterns: sales",
    schedule=None,
    default_args={"owner": "sales"},
    **HELPER,
)
def phase16_02_rbac_patterns__sales() -> None:
    """Count the orders: the one Dag that the role of the team sales reaches."""
    sql = "SELECT count(*) FROM shop.orders WHERE status <> 'cancelled'"
    SQLExecuteQueryOperator(task_id="count_orders", conn_id="warehouse", sql=sql, retries=1)


@dag(
    dag_display_name="16.02 · RBAC patterns: logistics",
    schedule=None,
    default_args={"owner": "logistics"},
    **HELPER,
)
def phase16_02_rbac_patterns__logistics() -> None:
    """Count the gaps on the shelves: the one Dag that the role of the team logistics reaches."""
    sql = "SELECT count(*) FROM shop.products WHERE stock = 0"
    SQLExecuteQueryOperator(task_id="count_gaps", conn_id="warehouse", sql=sql, retries=1)


@dag(
    dag_display_name="16.02 · RBAC patterns",
    description=(
        "Roles are applied from a file, and each team's user sees and triggers exactly what the "
        "table allows; everything else is refused."
    ),
    schedule=None,
    max_active_runs=1,
    params={
        "tamper": Param(False, type="boolean", description="First give sales a right by hand"),
        "apply": Param(True, type="boolean", description="Apply configs/roles.toml"),
    },
    default_args={
        "owner": "platform",
        "retries": 2,
        "retry_delay": timedelta(seconds=2),
        "conn_id": "warehouse",
    },
    tags=TAGS,
    doc_md=__doc__,
)
def phase16_02_rbac_patterns() -> None:
    """Apply the roles, let each login make each call, and compare with what was agreed."""
    make_table = SQLExecuteQueryOperator(task_id="make_table", sql=table.TABLE)

    @task
    def tamper(params: dict[str, Any]) -> bool:
        """Give a team a right that it should not have, if that is wanted."""
        if params["tamper"]:
            hook, role = AirflowAccessHook("airflow_access"), "sales_team"
            hook.write_role(role, {*hook.roles()[role], CONNECTIONS})
        return params["tamper"]

    @task
    def apply_roles(params: dict[str, Any]) -> list[dict[str, Any]]:
        """Make each role what the file says; return what was changed."""
        wanted = wanted_roles() if params["apply"] else {}
        return [one._asdict() for one in AirflowAccessHook("airflow_access").apply(wanted)]

    @task(map_index_template="{{ login }}")
    def ask(login: str) -> tuple[str, dict[str, bool]]:
        """Make each call as one login; return which are allowed."""
        hook = AirflowAccessHook(login)
        return hook.login, {call.what: hook.may(call) for call in table.load()}

    @task(retries=0)
    def compare(answers: list[tuple[str, dict[str, bool]]]) -> int:
        """Keep what was found, and return how many calls are as agreed; fail if one is not."""
        from airflow.providers.postgres.hooks.postgres import PostgresHook

        from include.data.replace import replace_rows

        checks = table.compare(table.load(), dict(answers))
        replace_rows(PostgresHook("warehouse").get_conn, {"marts.access_checks": checks})
        table.require_as_agreed(checks)
        return len(checks)

    answers = ask.expand(login=LOGINS)
    make_table >> tamper() >> apply_roles() >> answers
    compare(answers)


phase16_02_rbac_patterns__sales()
phase16_02_rbac_patterns__logistics()
phase16_02_rbac_patterns()
