"""The secrets backends of the clouds: the lab's answers, the others say what they need."""

import json

import pytest
from airflow.sdk.exceptions import AirflowSkipException

from include.lab.settings import Lab
from plugins.secrets_backends import clouds

PLACES = {"azure": {"vault_url": "https://shop.vault.azure.net"}, "google": {"project_id": "shop"}}


@pytest.mark.usefixtures("known_connections")
def test_aws_keeps_a_connection(lab: Lab) -> None:
    """Written once or twice, it is read by Airflow's own backend; what is not there is None."""
    for _ in range(2):
        assert clouds.ask("aws", "partner_api") == "shop-partner"
    assert clouds.backend("aws").get_conn_value("nowhere") is None


@pytest.mark.parametrize("cloud", ["azure", "google"])
@pytest.mark.parametrize("known", [{}, {"azure": {}, "google": {}}])
def test_a_cloud_that_is_nowhere_says_what_to_set(
    monkeypatch: pytest.MonkeyPatch, cloud: str, known: dict[str, object]
) -> None:
    """Variable, key and the name of the setting."""
    monkeypatch.setenv("AIRFLOW_VAR_SECRET_CLOUDS", json.dumps(known))

    with pytest.raises(AirflowSkipException, match=f"secret_clouds, key '{cloud}'") as error:
        clouds.ask(cloud, "partner_api")
    assert clouds.NEEDED[cloud] in str(error.value)


def test_azure_is_asked_where_the_variable_says(monkeypatch: pytest.MonkeyPatch) -> None:
    """By Airflow's own backend, under the name that a Key Vault allows."""
    from airflow.providers.microsoft.azure.secrets.key_vault import AzureKeyVaultBackend

    monkeypatch.setenv("AIRFLOW_VAR_SECRET_CLOUDS", json.dumps(PLACES))

    backend = clouds.backend("azure")

    assert isinstance(backend, AzureKeyVaultBackend)
    assert backend.client.vault_url == "https://shop.vault.azure.net"
    assert backend.build_path(backend.connections_prefix, "partner_api", backend.sep) == (
        "airflow-connections-partner-api"
    )


def test_an_unknown_cloud_is_named() -> None:
    """With those that there are."""
    with pytest.raises(ValueError, match="no cloud 'ibm': take one of aws, azure, google"):
        clouds.backend("ibm")
