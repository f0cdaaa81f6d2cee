"""`phase15_03_dynamic_dag_patterns`: the real database keeps the tenants apart."""

from typing import Any

import pytest
from airflow.sdk.exceptions import AirflowFailException
from psycopg2.errors import InsufficientPrivilege

from include.data import seeds
from include.retail.orders import newest_orders
from tests.lessons import Result, Run, query, query_as

LESSON = "phase15_03_dynamic_dag_patterns"
ORDERS = newest_orders(seeds.orders())
COUNTRIES = {"north": ["NL", "PL", "SE"], "south": ["ES", "IT"]}


def ask(tenant: str, sql: str) -> list[tuple[object, ...]]:
    """What the database answers to the tenant's own login."""
    return query_as(f"tenant_{tenant}", sql)


@pytest.fixture(scope="module")
def result(run: Run) -> Result:
    """The lesson, with a cost measured of a few tenants."""
    return run(LESSON, {"tenants": 20})


def test_tenants_cannot_see_each_other(result: Result) -> None:
    """Each reads its own; all else is refused by PostgreSQL, also to whoever asks by hand."""
    assert result.state == "success"
    for index, (tenant, other) in enumerate([("north", "south"), ("south", "north")]):
        own = sum(order.country in COUNTRIES[tenant] for order in ORDERS)
        assert result.returned("look_around", index) == {
            f"tenant_{tenant}": f"{own} orders",
            f"tenant_{other}": "refused",
            "shop": "refused",
            "marts": "refused",
        }
        assert ask(tenant, f"SELECT count(*) FROM tenant_{tenant}.orders") == [(own,)]
        for sql in (
            f"SELECT * FROM tenant_{other}.orders",
            f"SELECT * FROM tenant_{other}.countries",
            f"CREATE TABLE tenant_{other}.mine (a int)",
            "SELECT * FROM shop.orders",
            "SELECT * FROM shop.customers",
            f"SET ROLE tenant_{other}",
            f"GRANT USAGE ON SCHEMA tenant_{other} TO tenant_{tenant}",
            "CREATE SCHEMA mine",
        ):
            with pytest.raises(InsufficientPrivilege):
                ask(tenant, sql)
    costs = result.returned("measure")
    assert costs["dags"]["size"] > costs["mapped tasks"]["size"] > 0


@pytest.mark.usefixtures("result")
@pytest.mark.parametrize("tenant", COUNTRIES)
def test_each_tenants_dag_fills_its_own_table(run: Run, tenant: str) -> None:
    """With the sums of its countries and no other; nor can the platform look in."""
    assert run(f"{LESSON}__{tenant}").state == "success"

    assert ask(tenant, f"SELECT * FROM tenant_{tenant}.countries ORDER BY 1") == [
        (name, len(sold), sum(sold))
        for name in COUNTRIES[tenant]
        for sold in [[order.amount for order in ORDERS if order.country == name]]
    ]
    with pytest.raises(InsufficientPrivilege):
        query(f"SELECT * FROM tenant_{tenant}.countries")


@pytest.mark.usefixtures("result", "known_connections")
def test_a_schema_that_is_open_to_others_is_found_out(bag: Any) -> None:
    """Somebody grants one tenant the other's rows: the task fails and says who reads what."""
    tasks = bag.dags[LESSON].task_dict
    query("GRANT USAGE ON SCHEMA tenant_south TO tenant_north; SELECT 1")
    query("GRANT SELECT ON tenant_south.orders TO tenant_north; SELECT 1")
    try:
        found = [tasks["look_around"].python_callable(f"tenant_{tenant}") for tenant in COUNTRIES]
    finally:
        query("REVOKE ALL ON SCHEMA tenant_south FROM tenant_north; SELECT 1")
        query("REVOKE ALL ON tenant_south.orders FROM tenant_north; SELECT 1")

    assert "orders" in found[0]["tenant_south"]
    with pytest.raises(AirflowFailException, match=r"tenant_north reads tenant_south: \d+ orders"):
        tasks["refuse_leaks"].python_callable(found)
