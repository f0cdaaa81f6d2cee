"""`phase16_01_secrets_backend`: rotated between two tasks, refused when old, never to be seen."""

from typing import Any

import hvac
import psycopg
import pytest

from include.lab.settings import Lab
from include.lab.vault import AUDIT
from include.vault import credentials, transit
from tests.lessons import Run, query

LESSON = "phase16_01_secrets_backend"
SEALED = "SELECT * FROM marts.sealed_contacts ORDER BY customer_id"
USERS = "SELECT rolname FROM pg_roles WHERE rolname LIKE 'v-%%'"


@pytest.fixture
def root(lab: Lab) -> hvac.Client:
    """The vault, with all rights."""
    return hvac.Client(lab.url("vault"), token=lab.secrets["vault_root_token"])


def passwords(root: hvac.Client) -> dict[int, str]:
    """Every version of the reader's password that the vault still has."""
    newest, _ = credentials.read(root, "shop_reader")
    return {
        version: credentials.read(root, "shop_reader", version)[1]["password"]
        for version in range(max(1, newest - 8), newest + 1)
    }


def seen(result: Any) -> list[Any]:
    """Every XCom of the run."""
    from airflow.models.xcom import XComModel
    from airflow.utils.session import create_session
    from sqlalchemy import select

    with create_session() as session:
        rows = session.scalars(select(XComModel).where(XComModel.run_id == result.run.run_id))
        found = [row.value for row in rows]
    assert len(found) > 5
    return found


def test_it_rotates_between_two_tasks(
    run: Run, root: hvac.Client, capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    """The same connection reads before and after, the database refuses what was valid before.

    Nothing of it is in a log or an XCom.
    """
    _, before = credentials.read(root, "shop_reader")
    assert credentials.query(before, "SELECT 1") == 1

    result = run(LESSON)

    assert result.state == "success"
    read = [result.returned(f"rotation.read_{when}") for when in ("before", "after")]
    assert read[0] == read[1] == ["shop_reader", 3420]
    versions = result.returned("rotation.rotate")
    assert versions["new"] == versions["old"] + 1
    words = 'password authentication failed for user "shop_reader"'
    assert result.returned("rotation.try_old") == words
    with pytest.raises(psycopg.OperationalError, match=words):
        credentials.query(before, "SELECT 1")
    _, now = credentials.read(root, "shop_reader")
    assert credentials.query(now, "SELECT 1") == 1
    short = result.returned("use_short_lived")
    assert short["orders"] == 3420
    assert short["afterwards"].startswith('password authentication failed for user "v-')
    assert query(USERS) == []
    assert result.returned("ask_cloud", 0) == "shop-partner"
    assert result.states["ask_cloud[1]"] == result.states["ask_cloud[2]"] == "skipped"
    said = caplog.text + "".join(capfd.readouterr()) + str(seen(result))
    assert "shop_reader" in said
    assert [version for version, secret in passwords(root).items() if secret in said] == []
    told = [line for line in said.splitlines() if "set the Variable secret_clouds" in line]
    for cloud in ("azure", "google"):
        assert any(f"The lab has no {cloud}" in line for line in told)


@pytest.mark.usefixtures("known_connections")
def test_contacts_are_sealed(bag: Any, root: hvac.Client) -> None:
    """No address can be read, and each comes back from the vault."""
    query(f"{transit.TABLE}; SELECT 1")

    number = bag.dags[LESSON].get_task("seal_contacts").python_callable()

    emails = dict(query("SELECT customer_id, email FROM shop.customers"))
    sealed = dict(query(SEALED))
    assert number == len(emails) == len(set(sealed.values()))
    assert not any("@" in text for text in sealed.values())
    assert transit.unseal(root, "contacts", sealed) == emails


def test_the_vault_logs_who_read_and_no_value(lab: Lab, root: hvac.Client) -> None:
    """A read of a secret by Airflow's role is one more line, in which the password is a hash."""
    client = hvac.Client(lab.url("vault"))
    client.auth.approle.login("airflow", lab.secrets["vault_secret_id"])
    _, secret = credentials.read(client, "shop_reader")

    lines = (lab.logs / AUDIT).read_text().splitlines()
    read = [line for line in lines if "connections/shop_reader" in line and '"read"' in line]
    assert '"role_name":"airflow"' in read[-1]
    assert secret["password"] not in "\n".join(lines)
