"""# 16.01 · Secrets backend

Credentials come from Vault (or AWS, Azure, Google Cloud by the same pattern) and rotate between
two tasks of one run; the database refuses the old ones.

**Level** Enterprise Security & Governance · **Time** 25 minutes · **After**
`phase5_01_connections_variables`, `phase9_01_database_integration` · **Services** `vault`,
`postgres`, `object_store`

## What you will learn

- A **secrets backend** is where Airflow asks for connections first. Here it is Airflow's own
  `VaultBackend`: the id `secret/shop_reader` is a secret in the vault, and nowhere else.
- **Rotation**: the vault gives a database user another password and publishes it. The next task
  asks anew, so no Dag is changed and nothing is restarted.
- **Short-lived credentials**: a user of the database is made for one task and gone after it.
- **Encryption**: the vault seals and unseals values; its key is never seen outside.
- AWS Secrets Manager, Azure Key Vault and Google Secret Manager are backends alike: only the
  class and its settings differ.

## Run it

1. Press **Trigger**. In `rotation`, `read_before` and `read_after` read the same orders; between
   them `rotate` changed the password, and says from which version of the secret to which.
2. Open `try_old`, **Storage · XCom**: the database's own words as it refuses the former password.
3. Open `use_short_lived`, **Storage · XCom**: how many orders a user could count that is refused
   now. `marts.sealed_contacts` has addresses that only the vault can read.
4. Open `ask_cloud`: AWS answers from the lab. The others are skipped, and their logs say what to
   put into the Variable `secret_clouds` so that they ask your cloud.
5. Trigger again, and search the logs for a password: there is none, and no XCom has one.

## Why it is written this way

Each role may do one thing. Airflow reads secrets and cannot change them; only `rotate` uses the
login that may. The way in is an AppRole, whose secret id is the single secret that Airflow holds.
The backend is set for workers alone (`[workers] secrets_backend`) and without a mount point: ids
that name none, as `warehouse`, are not looked up in the vault, so it slows nobody down. The old
password is read from the secret's former version, in the task that needs it: what is passed on in
an XCom is a number. A task that reads between change and publication is refused once, and its
retry finds the new password.

## Next

`phase16_02_rbac_patterns` gives each team the access that it needs.
"""

from datetime import timedelta
from typing import Any

from airflow.providers.common.sql.operators.sql import SQLExecuteQueryOperator
from airflow.sdk import dag, task, task_group

from include.vault import credentials, transit
from plugins.secrets_backends.clouds import CLOUDS, ask

READER, REPORT, CONTACTS = "shop_reader", "shop_report", "contacts"
COUNT = "SELECT count(*) FROM shop.orders"


def vault(conn_id: str = "vault") -> Any:
    """Log in to the vault, as the role of a connection."""
    from airflow.providers.hashicorp.hooks.vault import VaultHook

    return VaultHook(conn_id).get_conn()


@task
def read_orders() -> list[Any]:
    """Count orders by the connection as it is in the vault now; return by whom, and how many."""
    from airflow.providers.postgres.hooks.postgres import PostgresHook

    hook = PostgresHook("secret/shop_reader")
    return [hook.get_first("SELECT current_user::text")[0], hook.get_first(COUNT)[0]]


@dag(
    dag_display_name="16.01 · Secrets backend",
    description=(
        "Credentials come from Vault (or AWS, Azure, Google Cloud by the same pattern) and rotate "
        "between two tasks of one run; the database refuses the old ones."
    ),
    schedule=None,
    max_active_runs=1,
    default_args={
        "owner": "platform",
        "retries": 2,
        "retry_delay": timedelta(seconds=2),
        "conn_id": "warehouse",
    },
    tags=["phase16", "enterprise-security-governance", "vault", "postgres", "object_store"],
    doc_md=__doc__,
)
def phase16_01_secrets_backend() -> None:
    """Read by a secret, rotate it, and read again; borrow a user, seal values, ask the clouds."""

    @task
    def rotate() -> dict[str, int]:
        """Change the reader's password; return the secret's versions before and after."""
        return credentials.rotate(vault("vault_rotator"), READER)._asdict()

    @task
    def try_old(versions: dict[str, int]) -> str:
        """Try the former password; return how the database refuses it."""
        _, former = credentials.read(vault(), READER, versions["old"])
        return credentials.require_refused(former)

    @task_group
    def rotation() -> None:
        """Read, rotate, and read again; the former password is worth nothing."""
        versions = rotate()
        before = read_orders.override(task_id="read_before")()
        before >> versions >> read_orders.override(task_id="read_after")()
        try_old(versions)

    @task
    def use_short_lived() -> dict[str, Any]:
        """Count orders as a user made for this; return how many, and how it is refused then."""
        client = vault()
        _, place = credentials.read(client, READER)
        with credentials.short_lived(client, REPORT, place) as borrowed:
            orders = credentials.query(borrowed, COUNT)
        return {"orders": orders, "afterwards": credentials.require_refused(borrowed)}

    make_table = SQLExecuteQueryOperator(task_id="make_table", sql=transit.TABLE)

    @task
    def seal_contacts() -> int:
        """Keep all addresses sealed, once the vault gave each of them back; return how many."""
        from airflow.providers.postgres.hooks.postgres import PostgresHook

        from include.data.replace import replace_rows

        hook = PostgresHook("warehouse")
        emails = dict(hook.get_records("SELECT customer_id, email FROM shop.customers"))
        sealed = transit.seal_and_prove(vault(), CONTACTS, emails)
        replace_rows(hook.get_conn, {"marts.sealed_contacts": list(sealed.items())})
        return len(sealed)

    @task(map_index_template="{{ cloud }}")
    def ask_cloud(cloud: str) -> str | None:
        """Return the login of the connection `partner_api` as the cloud keeps it."""
        return ask(cloud, "partner_api")

    rotation() >> use_short_lived()
    make_table >> seal_contacts()
    ask_cloud.expand(cloud=list(CLOUDS))


phase16_01_secrets_backend()
