"""The secrets backends of the clouds, each made as `[workers] secrets_backend` would make it.

The lab has an AWS API of its own. Azure and Google are asked where the Airflow Variable
`secret_clouds` says that they are: `{"azure": {"vault_url": …}, "google": {"project_id": …}}`.
"""

import json
import logging
from typing import Any

from airflow.sdk import BaseHook, Variable
from airflow.sdk.exceptions import AirflowSkipException

log = logging.getLogger(__name__)

CLOUDS = ("aws", "azure", "google")
NEEDED = {"azure": "vault_url", "google": "project_id"}
PREFIX = "airflow/connections"


def backend(cloud: str) -> Any:
    """Return the secrets backend of a cloud.

    Raises:
        AirflowSkipException: nobody has said where it is; the message says how to.
        ValueError: there is no such cloud.
    """
    if cloud == "aws":
        from airflow.providers.amazon.aws.secrets.secrets_manager import SecretsManagerBackend

        facts = BaseHook.get_connection("object_store")
        keys = {"aws_access_key_id": facts.login, "aws_secret_access_key": facts.password}
        kwargs: dict[str, Any] = {**keys, **facts.extra_dejson}
        return SecretsManagerBackend(connections_prefix=PREFIX, **kwargs)
    if cloud == "azure":
        from airflow.providers.microsoft.azure.secrets.key_vault import AzureKeyVaultBackend

        return AzureKeyVaultBackend(**_place(cloud))
    if cloud == "google":
        from airflow.providers.google.cloud.secrets.secret_manager import CloudSecretManagerBackend

        return CloudSecretManagerBackend(**_place(cloud))
    raise ValueError(f"There is no cloud {cloud!r}: take one of {', '.join(CLOUDS)}.")


def ask(cloud: str, conn_id: str) -> str | None:
    """Return the login of a connection as the cloud keeps it; None if it has no such secret.

    In AWS, the lab's own, the secret is written first: it forgets everything when it ends.

    Raises:
        AirflowSkipException: nobody has said where the cloud is.
    """
    keeper = backend(cloud)
    if cloud == "aws":
        _write_to_aws(f"{PREFIX}/{conn_id}", {"conn_type": "http", "login": "shop-partner"})
    value = keeper.get_conn_value(conn_id)
    return str(json.loads(value)["login"]) if value else None


def _place(cloud: str) -> dict[str, Any]:
    known: dict[str, Any] = Variable.get("secret_clouds", default={}, deserialize_json=True)
    place: dict[str, Any] = known.get(cloud, {})
    if not place.get(NEEDED[cloud]):
        reason = (
            f"The lab has no {cloud}: set the Variable secret_clouds, key {cloud!r}, to "
            f'{{"{NEEDED[cloud]}": …}} to ask yours.'
        )
        log.info(reason)
        raise AirflowSkipException(reason)
    return place


def _write_to_aws(name: str, facts: dict[str, str]) -> None:
    from airflow.providers.amazon.aws.hooks.secrets_manager import SecretsManagerHook

    hook: Any = SecretsManagerHook
    client, text = hook("object_store").get_conn(), json.dumps(facts)
    try:
        client.create_secret(Name=name, SecretString=text)
    except client.exceptions.ResourceExistsException:
        client.put_secret_value(SecretId=name, SecretString=text)
