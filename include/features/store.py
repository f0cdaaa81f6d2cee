"""A Feast feature store: its registry in a database, batches in files, newest rows in Redis."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, NamedTuple

import yaml

from include.features.definitions import FOLDER, MOMENT, FeatureView, feast_objects

if TYPE_CHECKING:
    from feast import FeatureStore

Row = Sequence[Any]


class Served(NamedTuple):
    """The features of one entity as they are served online, and of when they are (UTC).

    Both are None if nothing is known of it.
    """

    at: datetime | None
    features: dict[str, Any] | None


class Features:
    """One feature view in a feature store."""

    def __init__(self, store: "FeatureStore", view: FeatureView) -> None:
        """Use the view in this store; nothing is registered yet."""
        self._store, self._view = store, view

    def register(self) -> None:
        """Let the registry know the entity and the view, as the file describes them."""
        self._store.apply(feast_objects(self._view))

    def materialise(self, first: datetime, last: datetime) -> None:
        """Bring the newest row of each entity between two moments, both included, online.

        What is newer online than in the batch stays.
        """
        second, mine = timedelta(seconds=1), [self._view.name]
        self._store.materialize(first - second, last + second, feature_views=mine)

    def serve(self, keys: Iterable[int]) -> dict[int, Served]:
        """Return what is served online for each of these entities."""
        key, names = self._view.join_key, list(self._view.features)
        rows = [{key: one} for one in keys]
        answer = self._store.get_online_features(self._view.references, rows)
        found = answer.to_dict(include_event_timestamps=True)
        served = {}
        for place, one in enumerate(found[key]):
            seconds = found[f"{names[0]}__ts"][place]
            known = {name: found[name][place] for name in names} if seconds else None
            at = datetime.fromtimestamp(seconds, UTC) if seconds else None
            served[one] = Served(at, known)
        return served

    def training_set(self, columns: Sequence[str], decisions: Iterable[Row]) -> list[list[Any]]:
        """Return each decision with the features that were known at its moment.

        `columns` names the values of a decision: the join key and `event_timestamp` are among
        them. A decision for which nothing was known, or nothing young enough, is left out.
        """
        from pandas import DataFrame

        asked = DataFrame(list(decisions), columns=list(columns))
        if asked.empty:
            return []
        found = self._store.get_historical_features(asked, self._view.references).to_df()
        found = found.dropna(subset=list(self._view.features)).sort_values(columns[0])
        return [list(row) for row in _plain(found[[*columns, *self._view.features]])]


@contextmanager
def open_features(
    view: FeatureView,
    registry_url: str,
    redis: Mapping[str, Any],
    batch: Iterable[Row] = (),
) -> Iterator[Features]:
    """Open the feature store for a while.

    Args:
        view: what it is about.
        registry_url: SQLAlchemy's address of the registry, a schema of a database.
        redis: `host`, `port`, `db` and `password` of the online store.
        batch: the rows of the batch. Feast reads them from a Parquet file, which is written to a
            folder that is gone afterwards.
    """
    from feast import FeatureStore, RepoConfig
    from pandas import DataFrame

    place = "{host}:{port},db={db},password={password}".format(**redis)
    facts = yaml.safe_load((FOLDER / "feature_store.yaml").read_text())
    facts["registry"]["path"] = registry_url
    facts["online_store"]["connection_string"] = place
    with TemporaryDirectory(prefix="features-") as folder:
        table = DataFrame([list(row) for row in batch], columns=view.columns)
        table[MOMENT] = table[MOMENT].astype("datetime64[us, UTC]")
        table.to_parquet(Path(folder) / f"{view.name}.parquet")
        yield Features(FeatureStore(config=RepoConfig(**facts, repo_path=Path(folder))), view)


def _plain(table: Any) -> Iterator[list[Any]]:
    """The rows of a table as values of Python."""
    for row in table.to_dict("records"):
        yield [
            value.to_pydatetime() if hasattr(value, "to_pydatetime") else value
            for value in row.values()
        ]
