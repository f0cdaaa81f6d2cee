"""Credentials that the lab's vault makes, changes and takes back, each role with its own rights."""

import json
from collections.abc import Iterator

import hvac
import psycopg
import pytest
from hvac.exceptions import Forbidden

from include.lab.settings import Lab
from include.vault import credentials, transit
from include.vault.credentials import StillValidError

READER = "shop_reader"


def log_in(lab: Lab, role: str, secret: str) -> hvac.Client:
    client = hvac.Client(lab.url("vault"))
    client.auth.approle.login(role, lab.secrets[secret])
    return client


@pytest.fixture
def airflow(lab: Lab) -> hvac.Client:
    """The vault as Airflow's role sees it."""
    return log_in(lab, "airflow", "vault_secret_id")


@pytest.fixture
def rotator(lab: Lab) -> hvac.Client:
    """The vault as the role sees it that changes one password."""
    return log_in(lab, "rotator", "vault_rotator_secret_id")


def test_a_rotated_password_is_published_and_the_former_refused(
    airflow: hvac.Client, rotator: hvac.Client
) -> None:
    """By the database itself; each version of the secret is one password."""
    _, before = credentials.read(airflow, READER)
    assert credentials.query(before, "SELECT current_user::text") == READER

    versions = credentials.rotate(rotator, READER)

    assert credentials.read(airflow, READER, versions.old)[1] == before
    number, now = credentials.read(airflow, READER)
    assert number == versions.new == versions.old + 1
    assert credentials.query(now, "SELECT current_user::text") == READER
    assert "authentication failed" in credentials.require_refused(before)


def test_what_is_still_valid_is_no_success(airflow: hvac.Client) -> None:
    """A credential that should be refused and is not is named, without its password."""
    _, now = credentials.read(airflow, READER)

    with pytest.raises(StillValidError, match=READER) as error:
        credentials.require_refused(now)
    assert now["password"] not in str(error.value)


def test_a_silent_database_has_refused_nothing(airflow: hvac.Client, lab: Lab) -> None:
    """Otherwise an outage would pass for a rotation."""
    _, now = credentials.read(airflow, READER)

    with pytest.raises(psycopg.OperationalError):
        credentials.require_refused({**now, "port": lab.port_base + 39})


@pytest.mark.parametrize("failing", [False, True])
def test_a_short_lived_user_is_gone_afterwards(airflow: hvac.Client, failing: bool) -> None:
    """Also if the work fails; it reads, and cannot write."""
    _, place = credentials.read(airflow, READER)

    def work() -> Iterator[credentials.Facts]:
        with credentials.short_lived(airflow, "shop_report", place) as facts:
            yield facts
            if failing:
                raise KeyError

    working = work()
    facts = next(working)
    assert credentials.query(facts, "SELECT count(*) FROM shop.orders") > 3000
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        credentials.query(facts, "DELETE FROM shop.orders RETURNING 1")
    with pytest.raises(KeyError if failing else StopIteration):
        next(working)
    assert facts["login"] in credentials.require_refused(facts)


def test_each_role_has_its_own_rights(airflow: hvac.Client, rotator: hvac.Client) -> None:
    """Airflow rotates nothing and writes nothing; the rotator reads and borrows nothing else."""
    secret, kv = f"{credentials.FOLDER}/{READER}", airflow.secrets.kv.v2
    forbidden = [
        lambda: airflow.secrets.database.rotate_static_role_credentials(READER),
        lambda: airflow.secrets.database.get_static_credentials(READER),
        lambda: kv.create_or_update_secret(secret, {"password": "mine"}),
        lambda: kv.list_secrets("airflow"),
        lambda: rotator.secrets.database.generate_credentials("shop_report"),
        lambda: rotator.secrets.kv.v2.list_secrets("airflow"),
        lambda: credentials.read(rotator, "another"),
        lambda: transit.seal(rotator, "contacts", {1: "a"}),
    ]
    for call in forbidden:
        with pytest.raises(Forbidden):
            call()


def test_sealed_values_come_back(airflow: hvac.Client) -> None:
    """The same is sealed alike, two of the same value are not, and the key cannot be had."""
    values = {1: "ada@example.com", 2: "ada@example.com", 3: "Zoë"}

    sealed = transit.seal_and_prove(airflow, "contacts", values)

    assert transit.seal(airflow, "contacts", values) == sealed
    assert len(set(sealed.values())) == 3
    assert "example" not in json.dumps(sealed)
    assert transit.unseal(airflow, "contacts", sealed) == values
    many = {number: f"{number}@example.com" for number in range(1, 1200)}
    assert len(set(transit.seal_and_prove(airflow, "contacts", many).values())) == len(many)
    with pytest.raises(Forbidden):
        airflow.secrets.transit.read_key("contacts")


def test_a_value_sealed_for_another_is_not_given_back(airflow: hvac.Client) -> None:
    """Who moves a sealed value to another row cannot read it there."""
    sealed = transit.seal(airflow, "contacts", {1: "ada@example.com"})

    with pytest.raises(hvac.exceptions.InvalidRequest):
        transit.unseal(airflow, "contacts", {2: sealed[1]})
