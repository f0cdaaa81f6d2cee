"""The sentence about names in `conf` that no parameter has; the refusal itself is a live test."""

from plugins.middleware.known_params import unknown_names


def test_known_names_pass() -> None:
    """Nothing is said where every name is known, or none is given."""
    assert unknown_names({}, {"day"}) is None
    assert unknown_names({"day": "2026-01-05"}, {"day", "late"}) is None


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
