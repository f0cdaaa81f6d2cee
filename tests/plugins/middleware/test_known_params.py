"""The sentence about what is wrong with `conf`; the refusal itself is a live test."""

import pytest

from plugins.middleware.known_params import no_numbers, refusal, unknown_names


def test_known_names_pass() -> None:
    """Nothing is said where every name is known, or none is given."""
    assert unknown_names({}, {"day"}) is None
    assert unknown_names({"day": "2026-01-05"}, {"day", "late"}) is None


def test_what_airflow_adds_itself_passes() -> None:
    """A Dag that starts another says in `conf` whose child it is; the run may be repeated so."""
    assert unknown_names({"openlineage": {"parentRunId": "x"}}, {"day"}) is None


def test_unknown_name_is_told_with_what_there_is() -> None:
    """The sentence names the slip, the Dag's parameters and the likely one."""
    said = unknown_names({"dya": 1}, {"day", "late"})

    assert said == (
        "conf names dya, which this Dag does not have; it has day, late. Did you mean day?"
    )


def test_dag_without_parameters_says_so() -> None:
    """A Dag that takes nothing says that it takes nothing."""
    assert unknown_names({"x": 1, "a": 2}, set()) == (
        "conf names a, x, which this Dag does not have; it has no parameter."
    )


@pytest.mark.parametrize(
    ("value", "written"),
    [
        (float("nan"), "NaN"),
        (float("-inf"), "-Infinity"),
        ({"from": [1, float("inf")]}, '{"from": [1, Infinity]}'),
    ],
)
def test_what_json_has_no_number_for_is_told(value: object, written: str) -> None:
    """NaN and the infinities are told with the name that holds them, however deep they are."""
    assert no_numbers({"day": "2026-01-05", "C": value}) == (
        f"conf says C = {written}: give numbers that JSON has, such as 1."
    )


def test_numbers_pass() -> None:
    """Nothing is said of what JSON can say, be it right or wrong for the parameter."""
    assert no_numbers({"C": 1e300, "day": None, "candidates": [{"x": -1}]}) is None


def test_the_name_is_told_before_the_value() -> None:
    """Who has the name wrong learns that first; who has all right, nothing."""
    assert "conf names c," in str(refusal({"c": float("nan")}, {"C"}))
    assert "C = NaN" in str(refusal({"C": float("nan")}, {"C"}))
    assert refusal({"C": 1.0}, {"C"}) is None
