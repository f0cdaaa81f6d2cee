"""Feature views are files, and Feast's objects say the same as the file."""

from datetime import timedelta
from pathlib import Path

import pytest

from include.configuration.reader import ConfigurationError
from include.features.definitions import FOLDER, feast_objects, load

GOOD = (FOLDER / "customer_activity.yaml").read_text()


@pytest.mark.slow
def test_feast_gets_what_the_file_says() -> None:
    """Entity, features with their types and meanings, time to live, and the batch's file."""
    view = load()
    entity, features = feast_objects(view)

    assert entity.join_key == "customer_id"
    assert features.entities == ["customer"]
    assert features.ttl == timedelta(days=14)
    assert {one.name: str(one.dtype) for one in features.features} == {
        name: one.type for name, one in view.features.items()
    }
    assert all(one.description for one in features.features)
    assert features.batch_source.timestamp_field == "at"
    assert view.references[0] == "customer_activity:orders_30d"


@pytest.mark.parametrize(
    ("written", "instead", "said"),
    [
        ("type: Int64", "type: Integer", "orders_30d.type"),
        ("usable_for_days: 14", "usable_for_days: 0", "usable_for_days"),
        ("fresh_for_days: 8\n", "", "fresh_for_days"),
        ("entity: customer", "entitiy: customer", "write `entity`"),
    ],
)
def test_a_mistake_is_named(tmp_path: Path, written: str, instead: str, said: str) -> None:
    """With the file and its line."""
    assert written in GOOD
    (tmp_path / "proof.yaml").write_text(GOOD.replace(written, instead, 1))

    with pytest.raises(ConfigurationError, match=said):
        load("proof", tmp_path)
