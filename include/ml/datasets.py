"""The data sets that classifiers are trained on: their columns, and the features made of them.

`customers` is the shop's own: who stays away in the 90 days after 31 March. `breast_cancer` ships
with scikit-learn: which tumour is malignant, by the mean of ten measures of its cell nuclei.
"""

from collections.abc import Callable, Iterable, Mapping
from datetime import date
from typing import Any, NamedTuple

from include.ml.examples import Example

Record = Mapping[str, Any]

KNOWN_AT = date(2026, 3, 31)
"""The evening at which the shop knew what stands in its customers' rows."""

CUSTOMERS_QUERY = "SELECT to_jsonb(c) FROM shop.customers c ORDER BY customer_id"
MEASURES = (
    *("radius", "texture", "perimeter", "area", "smoothness", "compactness"),
    *("concavity", "concave_points", "symmetry", "fractal_dimension"),
)


class Column(NamedTuple):
    """What a value may be: a number between two others, a truth value (0, 1) or a day.

    `missing` is the share of rows in which it may be unknown.
    """

    low: float | date
    high: float | date
    missing: float = 0.0


class Dataset(NamedTuple):
    """A table with a column that identifies a row, one to predict, and those to predict it by."""

    name: str
    row_id: str
    label: str
    columns: Mapping[str, Column]
    features: Callable[[Record], dict[str, float | None]]

    def examples(self, records: Iterable[Record]) -> list[Example]:
        """Make an example of each record; the records have to be valid."""
        return [
            Example(int(record[self.row_id]), self.features(record), record[self.label])
            for record in records
        ]


def _customer_features(record: Record) -> dict[str, float | None]:
    """No name, no address, no id: nothing that a customer has but that says nothing of the next."""
    born = record["birth_year"]
    return {
        "orders_last_90d": float(record["orders_last_90d"]),
        "days_since_last_order": float(record["days_since_last_order"]),
        "support_tickets": float(record["support_tickets"]),
        "avg_basket": float(record["avg_basket"]),
        "newsletter": float(record["newsletter"]),
        "days_as_customer": float((KNOWN_AT - date.fromisoformat(record["signed_up"])).days),
        "age": None if born is None else float(KNOWN_AT.year - born),
    }


def _nucleus_features(record: Record) -> dict[str, float | None]:
    return {f"mean_{measure}": float(record[f"mean_{measure}"]) for measure in MEASURES}


DATASETS = {
    dataset.name: dataset
    for dataset in (
        Dataset(
            "customers",
            "customer_id",
            "churned",
            {
                "signed_up": Column(date(2015, 1, 1), KNOWN_AT),
                "birth_year": Column(1900, KNOWN_AT.year, missing=0.2),
                "newsletter": Column(0, 1),
                "orders_last_90d": Column(0, 500),
                "days_since_last_order": Column(0, 3650),
                "support_tickets": Column(0, 500),
                "avg_basket": Column(0, 100_000),
            },
            _customer_features,
        ),
        Dataset(
            "breast_cancer",
            "sample_id",
            "malignant",
            {f"mean_{measure}": Column(0, 5000) for measure in MEASURES},
            _nucleus_features,
        ),
    )
}


def breast_cancer_records() -> list[dict[str, Any]]:
    """Return the 569 samples that ship with scikit-learn, numbered from 1."""
    from sklearn.datasets import load_breast_cancer

    data = load_breast_cancer()
    names = [str(name).replace(" ", "_") for name in data.feature_names[: len(MEASURES)]]
    return [
        {
            "sample_id": number,
            # In this data set, 0 stands for malignant.
            "malignant": bool(target == 0),
            **{name: float(value) for name, value in zip(names, values, strict=False)},
        }
        for number, (values, target) in enumerate(zip(data.data, data.target, strict=True), 1)
    ]
