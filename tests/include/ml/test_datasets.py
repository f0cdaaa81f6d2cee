"""The features of each data set."""

from include.data import seeds
from include.ml.datasets import DATASETS, KNOWN_AT, breast_cancer_records
from tests.include.ml.rows import customer_records


def test_a_customers_features() -> None:
    """Every number is known on the evening of 31 March, and the answer is none of them."""
    customer = seeds.customers()[0]

    example = DATASETS["customers"].examples(customer_records())[0]

    assert example.row_id == customer.customer_id
    assert example.label is customer.churned
    assert example.features == {
        "orders_last_90d": float(customer.orders_last_90d),
        "days_since_last_order": float(customer.days_since_last_order),
        "support_tickets": float(customer.support_tickets),
        "avg_basket": float(customer.avg_basket),
        "newsletter": float(customer.newsletter),
        "days_as_customer": float((KNOWN_AT - customer.signed_up).days),
        "age": float(KNOWN_AT.year - (customer.birth_year or 0)),
    }


def test_unknown_age_stays_unknown() -> None:
    """It is not made a number here: what to fill in is learned from the training part."""
    examples = DATASETS["customers"].examples(customer_records())

    assert sum(example.features["age"] is None for example in examples) == 60


def test_breast_cancer_is_scikit_learns() -> None:
    """569 samples, 212 of them malignant, ten means each."""
    examples = DATASETS["breast_cancer"].examples(breast_cancer_records())

    assert len(examples) == 569
    assert sum(example.label for example in examples) == 212
    assert examples[0].features["mean_radius"] == 17.99
    assert {len(example.features) for example in examples} == {10}
