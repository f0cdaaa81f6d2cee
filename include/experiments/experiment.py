"""What an experiment is: everything that decides is written down before the first visitor comes."""

from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from include.configuration.reader import Facts, read_yaml

FOLDER = Path(__file__).resolve().parents[2] / "configs" / "experiments"

Rate = Annotated[float, Field(gt=0, lt=1)]


class Simulation(Facts):
    """Visitors drawn from a seed: how many arrive each day, and which share of them buys."""

    visitors_per_day: int = Field(ge=1, le=10_000)
    rates: dict[str, Rate]


class Experiment(Facts):
    """An experiment with two variants and one question: does the visitor buy?

    `variants` has the control first, each with its percent of the visitors who take part.
    `minimum_effect` is the smallest difference of the rates that matters. `alpha` is how often
    equal variants may be called different, `power` how often that effect has to be found. There
    are `looks` at the data, at equal distances in time, the last after `days`.
    """

    name: str = Field(pattern=r"^[a-z][a-z0-9_]{2,40}$")
    hypothesis: str
    variants: dict[str, Annotated[int, Field(ge=1, le=99)]] = Field(min_length=2, max_length=2)
    traffic_percent: int = Field(ge=1, le=100)
    start: date
    days: int = Field(ge=1, le=365)
    looks: int = Field(ge=1, le=10)
    baseline: Rate
    minimum_effect: Rate
    alpha: Rate
    power: Rate
    spending: Literal["obrien_fleming", "pocock"]
    simulated: Simulation | None = None

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        if sum(self.variants.values()) != 100:
            raise ValueError(f"the variants share {sum(self.variants.values())} percent, not 100")
        if self.baseline + self.minimum_effect >= 1:
            raise ValueError("baseline and minimum_effect together reach 1: no rate is as high")
        if self.simulated and self.simulated.rates.keys() != self.variants.keys():
            raise ValueError(f"simulated.rates needs exactly {', '.join(self.variants)}")
        return self

    @property
    def control(self) -> str:
        """The variant that everybody has seen so far."""
        return next(iter(self.variants))

    @property
    def treatment(self) -> str:
        """The new variant."""
        return list(self.variants)[1]

    def ends_of_looks(self) -> list[datetime]:
        """The moments (UTC) of the looks; each sees what has happened before it."""
        start = datetime.combine(self.start, time(), UTC)
        return [start + timedelta(self.days) * k / self.looks for k in range(1, self.looks + 1)]


def load(name: str, folder: Path = FOLDER) -> Experiment:
    """Read an experiment.

    Raises:
        ConfigurationError: the file is missing or wrong; each mistake is named with its line.
    """
    return read_yaml(folder / f"{name}.yaml", Experiment)
