"""A suite of expectations in a JSON file: all of it can be used, or every mistake is named.

Great Expectations itself says which expectations there are and what each takes. It is loaded when
a suite is read, for that takes seconds.
"""

import difflib
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Self

from pydantic import Field, field_validator, model_validator

from include.configuration.reader import Facts, read_yaml

if TYPE_CHECKING:
    import great_expectations as gx

FOLDER = Path(__file__).resolve().parents[2] / "configs" / "expectations"


class Rule(Facts):
    """One expectation of a suite.

    `type` and `kwargs` are Great Expectations' own. A `critical` rule that is broken stops the
    batch, a `warning` is told only. `why` stands beside the result, for who has to act on it.
    """

    type: str
    kwargs: dict[str, Any]
    severity: Literal["critical", "warning"] = "critical"
    why: str = Field(min_length=1)

    @field_validator("type")
    @classmethod
    def _is_known(cls, name: str) -> str:
        from great_expectations.expectations import registry

        known = registry.list_registered_expectation_implementations()
        if name in known:
            return name
        near = difflib.get_close_matches(name, known, n=1)
        way_out = f"write {near[0]!r}" if near else "see greatexpectations.io/expectations"
        raise ValueError(f"no expectation has this name; {way_out}")

    @model_validator(mode="after")
    def _takes_what_is_given(self) -> Self:
        from pydantic.v1 import ValidationError

        try:
            self.expectation()
        except ValidationError as error:
            first = error.errors()[0]
            place = ".".join(
                ("kwargs", *(str(step) for step in first["loc"] if step != "__root__"))
            )
            raise ValueError(f"{self.type} does not take this: {place}: {first['msg']}") from error
        low, high = self.kwargs.get("min_value"), self.kwargs.get("max_value")
        if low is not None and high is not None and low > high:
            raise ValueError(f"kwargs.min_value {low} is above max_value {high}; exchange them")
        return self

    def expectation(self) -> Any:
        """Return the rule as Great Expectations' own object."""
        from great_expectations.expectations import registry

        kind: Any = registry.get_expectation_impl(self.type)
        return kind(**self.kwargs, severity=self.severity, notes=self.why)


class Suite(Facts):
    """What is expected of a batch."""

    name: str = Field(pattern=r"^[a-z_]+$")
    expectations: tuple[Rule, ...] = Field(min_length=1)

    def build(self) -> "gx.ExpectationSuite":
        """Return the suite as Great Expectations' own object."""
        import great_expectations as gx

        return gx.ExpectationSuite(
            self.name, expectations=[rule.expectation() for rule in self.expectations]
        )


def load(name: str, folder: Path = FOLDER) -> Suite:
    """Read the suite `name` from its file.

    Raises:
        ConfigurationError: the file is not there, not JSON, or wrong; every mistake is named with
            file, line and field.
    """
    # JSON is a part of YAML, whose reader knows the line of every value.
    return read_yaml(folder / f"{name}.json", Suite)
