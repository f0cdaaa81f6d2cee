"""The stores that hold personal data: each is searched as a whole, and one person leaves it."""

from collections.abc import Iterator
from typing import Any

import pytest

from include.compliance import register
from include.compliance.members import MEMBERS, as_csv
from include.compliance.stores import objects, snapshot, topic, warehouse
from include.lab.seeding import open_object_store
from plugins.hooks.personal_data import PersonalDataHook
from tests.lessons import messages, query

pytestmark = pytest.mark.usefixtures("lab", "known_connections")
STORES = list(register.load())
TOMAS = MEMBERS[1]


@pytest.fixture
def hook() -> PersonalDataHook:
    """The hook, and the tables of the warehouse that hold members."""
    for table in warehouse.TABLES:
        query(f"{table}; SELECT 1")
    return PersonalDataHook()


@pytest.mark.parametrize("store", STORES)
def test_one_leaves_and_the_others_stay(hook: PersonalDataHook, store: str) -> None:
    """Also when it is done twice; who signs up again is there again."""
    hook.sign_up(store)
    assert hook.find(store, TOMAS)

    for _ in range(2):
        hook.erase(store, TOMAS)
    assert [bool(hook.find(store, member)) for member in MEMBERS] == [True, False, True]

    for _ in range(2):
        hook.sign_up(store)
    assert hook.find(store, TOMAS)


def test_no_place_tells_the_person(hook: PersonalDataHook) -> None:
    """What is found goes into logs and XComs."""
    for store in STORES:
        hook.sign_up(store)

    found = hook.find_everywhere(TOMAS)

    assert list(found) == STORES
    assert all(found.values())
    assert not any(TOMAS.is_in(place) for places in found.values() for place in places)


def test_a_message_names_nobody_without_its_key(hook: PersonalDataHook) -> None:
    """It stays in the topic, and is noise once the key is gone."""
    hook.sign_up("topic")
    hook.erase("topic", TOMAS)

    sent = messages(topic.TOPIC)
    assert len(sent) == len(MEMBERS)
    assert not any(TOMAS.is_in(one.key()) or TOMAS.is_in(one.value()) for one in sent)


def test_a_model_is_marked_once_it_has_learned_from_somebody_who_is_gone(
    hook: PersonalDataHook,
) -> None:
    """Its training data stays, without the person."""
    from plugins.hooks.mlflow import MlflowHook

    hook.sign_up("snapshot")
    hook.erase("snapshot", TOMAS)

    client = MlflowHook().get_conn()
    experiment = client.get_experiment_by_name(snapshot.EXPERIMENT)
    assert experiment is not None
    (run,) = client.search_runs([experiment.experiment_id])
    assert snapshot.RETRAIN in run.data.tags


@pytest.fixture
def hidden(hook: PersonalDataHook) -> Iterator[Any]:
    """Copies in places that no register knows."""
    query("CREATE TABLE marts.forgotten AS SELECT %s AS note; SELECT 1", f"call {TOMAS.email}!")
    client: Any = open_object_store()
    client.put_object(Bucket="shop", Key="old.csv", Body=as_csv([TOMAS]).encode())
    yield hook
    query("DROP TABLE marts.forgotten; SELECT 1")
    client.delete_object(Bucket="shop", Key="old.csv")


def test_what_no_register_knows_is_found_all_the_same(hidden: PersonalDataHook) -> None:
    """In any table and any bucket; erasing leaves it, so it has to be told."""
    for store in ("warehouse", "object_store"):
        hidden.sign_up(store)
        hidden.erase(store, TOMAS)

    assert hidden.find("warehouse", TOMAS) == ["marts.forgotten (1 rows)"]
    assert hidden.find("object_store", TOMAS) == ["s3://shop/old.csv"]


def test_an_unknown_store_is_refused() -> None:
    """By its name."""
    with pytest.raises(KeyError, match="attic"):
        PersonalDataHook().find("attic", TOMAS)


def test_the_copy_of_the_export_comes_and_goes(hook: PersonalDataHook) -> None:
    """As the lesson wants it."""
    hook.sign_up("object_store")
    store = objects.Objects(open_object_store())
    store.copy(True)
    assert f"s3://{objects.BUCKET}/{objects.COPY}" in store.find(TOMAS)
    store.copy(False)
    assert f"s3://{objects.BUCKET}/{objects.COPY}" not in store.find(TOMAS)
