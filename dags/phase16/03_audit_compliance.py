"""# 16.03 · Audit and compliance

You read who did what, find the one altered row in a chain of records, and erase a customer who
is then nowhere to be found.

**Level** Enterprise Security & Governance · **Time** 25 minutes · **After**
`phase16_02_rbac_patterns` · **Services** `postgres`, `object_store`, `kafka`, `redis`, `mlflow`

## What you will learn

- Airflow's **audit log** (*Browse · Audit Log*) says who triggered, cleared and changed what. Rows
  of a database can be changed, so it is copied into a **hash chain**: each record carries a
  checksum of itself and of the one before, and one altered row breaks it.
- **Evidence**, as a SOC 2 audit wants it: its questions, and the records that answer them.
- **PII**, data about a person, lies in more places than one thinks: tables, files, messages,
  features, the data that a model learned from. A **register** says where, why and from what.
- **Erasure** (GDPR, article 17): rows are deleted, a line is written out of its file, and a message
  that cannot be deleted loses the key that it was encrypted with. Then the stores are searched as a
  whole, not only where the register points.

## Run it

1. In **Admin · Variables** change one, then press **Trigger** here. Open `try_tampering`,
   **Storage · XCom**: a record was really changed in the database, the chain names it, and the
   change is rolled back.
2. Open the address that `publish_report` returns: your change stands there with your name.
3. Open `find_copies`, **Task Instances**: five stores that knew the member. `prove_gone` found
   none; the other two members are still everywhere.
4. Trigger with *forgotten_copy*. Somebody once copied the members for a quick look, and no register
   knows the file: `prove_gone` fails and names it. Trigger without, and it is gone.

## Why it is written this way

A chain shows a change, it prevents none: who can write all of it can write it anew. So its head,
the last hash, is kept with the report, outside of the database. The event log has who *changes* a
connection or variable; who *reads* a secret stands in the vault's own log, where values are hashes:
`make logs SERVICE=vault_audit`. A compressed file tells a search nothing: the register has to name
it. Logs and XComs are stores too, so the tasks here return counts and places, never a person.

## Next

`phase17_01_openlineage` finds by itself which data was made from which.
"""

from datetime import timedelta
from typing import Any

from airflow.providers.common.sql.operators.sql import SQLExecuteQueryOperator
from airflow.sdk import Param, dag, task, task_group

from include.compliance import audit_trail, erasure, members, register
from include.compliance.stores import objects, warehouse
from plugins.hooks.audit_trail import AuditTrailHook
from plugins.hooks.personal_data import PersonalDataHook


def wanted(params: dict[str, Any]) -> members.Member:
    """Return the member who wants to be forgotten."""
    return members.MEMBERS[params["member"] - 1]


@dag(
    dag_display_name="16.03 · Audit and compliance",
    description=(
        "You read who did what, find the one altered row in a chain of records, and erase a "
        "customer who is then nowhere to be found."
    ),
    schedule=None,
    max_active_runs=1,
    params={
        "member": Param(2, type="integer", minimum=1, maximum=3, title="Who is to be forgotten"),
        "forgotten_copy": Param(False, type="boolean", description="A copy that no register knows"),
    },
    default_args={
        "owner": "platform",
        "retries": 2,
        "retry_delay": timedelta(seconds=2),
        "conn_id": "warehouse",
    },
    tags=[
        "phase16",
        "enterprise-security-governance",
        *("postgres", "object_store", "kafka", "redis", "mlflow"),
    ],
    doc_md=__doc__,
)
def phase16_03_audit_compliance() -> None:
    """Prove who did what, and forget somebody."""
    make_tables = SQLExecuteQueryOperator(
        task_id="make_tables", sql=[audit_trail.TABLES, *warehouse.TABLES]
    )

    @task
    def collect_log() -> int:
        """Chain what Airflow has logged since the last time; return how many events are new."""
        return AuditTrailHook().collect()

    @task(retries=0)
    def check_chain() -> int:
        """Return how many records there are; fail if one is not as it was written."""
        return AuditTrailHook().check()

    @task
    def try_tampering(records: int) -> str:
        """Change the record in the middle, as an intruder would; return what the chain says."""
        return AuditTrailHook().tamper((records + 1) // 2)

    @task
    def publish_report() -> str:
        """Publish who did what, for people and for auditors; return the page's address."""
        return AuditTrailHook().publish()

    @task_group
    def erasure_of_a_member() -> None:
        """From the sign-up to the proof, in every store at once."""

        @task
        def sign_up() -> None:
            """Let every store hold all three members."""
            for store in stores:
                PersonalDataHook().sign_up(store)

        @task
        def copy_export(params: dict[str, Any]) -> None:
            """Leave a copy of the export that no register knows, if that is wanted."""
            from airflow.providers.amazon.aws.hooks.s3 import S3Hook

            objects.Objects(S3Hook("object_store").get_conn()).copy(params["forgotten_copy"])

        @task(map_index_template="{{ store }}")
        def find_copies(store: str, params: dict[str, Any]) -> list[str]:
            """Search the whole store; return each place in it that names the member."""
            return PersonalDataHook().find(store, wanted(params))

        @task(map_index_template="{{ store }}")
        def erase(store: str, params: dict[str, Any]) -> None:
            """Remove the member from the places that the register knows."""
            PersonalDataHook().erase(store, wanted(params))

        @task(retries=0)
        def prove_gone(params: dict[str, Any], run_id: str) -> str:
            """Search every store again; fail with each place left, or record the erasure."""
            erasure.require_gone(PersonalDataHook().find_everywhere(wanted(params)))
            return AuditTrailHook().record(erasure.entry(wanted(params), run_id))

        stores = list(register.load())
        found, erased = find_copies.expand(store=stores), erase.expand(store=stores)
        sign_up() >> copy_export() >> found >> erased >> prove_gone()

    checked = check_chain()
    make_tables >> collect_log() >> checked
    try_tampering(checked) >> erasure_of_a_member() >> publish_report()


phase16_03_audit_compliance()
