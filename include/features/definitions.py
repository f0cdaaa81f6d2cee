"""What a feature view is: a file of facts, and the objects that Feast makes of it."""

from datetime import timedelta
from pathlib import Path
from typing import Any, Literal

from pydantic import Field

from include.configuration.reader import Facts, read_yaml

FOLDER = Path(__file__).resolve().parents[2] / "configs" / "feature_repo"
MOMENT = "at"
"""The column that says when the features of a row were true."""


class Feature(Facts):
    """One feature: Feast's name for its type, and what it means."""

    type: Literal["Int64", "Float64", "String", "Bool"]
    description: str


class FeatureView(Facts):
    """Features of one entity that are computed together.

    `usable_for_days` is Feast's time to live: for a decision later than that, a row counts as
    missing. `fresh_for_days` is how old what is served may become before somebody is told.
    """

    name: str = Field(pattern=r"^[a-z][a-z0-9_]{2,40}$")
    entity: str
    join_key: str
    usable_for_days: int = Field(ge=1, le=365)
    fresh_for_days: int = Field(ge=1, le=365)
    features: dict[str, Feature] = Field(min_length=1)

    @property
    def columns(self) -> list[str]:
        """The columns of the batch's table: whose, when, what."""
        return [self.join_key, MOMENT, *self.features]

    @property
    def references(self) -> list[str]:
        """The features by the names that Feast is asked with."""
        return [f"{self.name}:{feature}" for feature in self.features]


def load(name: str = "customer_activity", folder: Path = FOLDER) -> FeatureView:
    """Read a feature view.

    Raises:
        ConfigurationError: the file is missing or wrong; each mistake is named with its line.
    """
    return read_yaml(folder / f"{name}.yaml", FeatureView)


def feast_objects(view: FeatureView) -> list[Any]:
    """Return the entity and the feature view that Feast registers, with the file that it reads."""
    import feast
    from feast import types

    entity = feast.Entity(
        name=view.entity, join_keys=[view.join_key], value_type=feast.ValueType.INT64
    )
    schema = [
        feast.Field(name=name, dtype=getattr(types, one.type), description=one.description)
        for name, one in view.features.items()
    ]
    source = feast.FileSource(
        name=f"{view.name}_batch", path=f"{view.name}.parquet", timestamp_field=MOMENT
    )
    features = feast.FeatureView(
        name=view.name,
        entities=[entity],
        ttl=timedelta(days=view.usable_for_days),
        schema=schema,
        source=source,
        online=True,
    )
    return [entity, features]
