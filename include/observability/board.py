"""The Grafana board in `configs/grafana`: its panels, and which metrics they draw."""

import json
import re
from dataclasses import dataclass
from pathlib import Path

from include.observability.scrape import Sample

FILE = Path(__file__).resolve().parents[2] / "configs" / "grafana" / "curriculum.json"
_METRIC = re.compile(r"\b([a-z][a-z0-9]*_[a-z0-9_]+)\b(?!\s*\()(?:\{([^}]*)\})?")
_MATCHER = re.compile(r'(\w+)\s*(=~|!~|!=|=)\s*"([^"]*)"')
_GROUPING = re.compile(r"\b(?:by|without|on|ignoring)\s*\([^)]*\)")


class BoardError(ValueError):
    """The board is no dashboard of Grafana's, or one of its panels draws nothing."""


@dataclass(frozen=True)
class Selector:
    """A metric that an expression asks for, and the labels that it has to have."""

    name: str
    matchers: tuple[tuple[str, str, str], ...] = ()

    def matches(self, sample: Sample) -> bool:
        """Whether the sample is one of those that are meant."""
        return self.name == sample.name and all(
            _holds(sample.labels.get(label, ""), operator, text)
            for label, operator, text in self.matchers
        )


@dataclass(frozen=True)
class Panel:
    """One picture of the board: its title, what it means, and its PromQL expressions."""

    title: str
    description: str
    expressions: tuple[str, ...]

    @property
    def selectors(self) -> list[Selector]:
        """Every metric that is drawn, each once."""
        return list(dict.fromkeys(found for e in self.expressions for found in selectors(e)))


def load(file: Path = FILE) -> list[Panel]:
    """Read the panels of a board.

    Raises:
        BoardError: the file is no board, or a panel has no title or no expression.
    """
    try:
        panels = json.loads(file.read_text())["panels"]
        board = [
            Panel(one["title"], one["description"], tuple(t["expr"] for t in one["targets"]))
            for one in panels
        ]
    except (ValueError, KeyError, TypeError) as error:
        problem = f"{type(error).__name__} {error}"
        raise BoardError(f"{file}: no board of Grafana's: {problem}") from error
    for panel in board:
        if not panel.title or not panel.selectors:
            raise BoardError(f"{file}: panel {panel.title!r} has no title or draws no metric")
    return board


def selectors(expression: str) -> list[Selector]:
    """Return the metrics that a PromQL expression names.

    A metric is a name with an underscore that is not called as a function and stands in no list of
    labels: the names of this board, and of Prometheus' own habits.
    """
    return [
        Selector(name, tuple(_MATCHER.findall(matchers)))
        for name, matchers in _METRIC.findall(_GROUPING.sub("", expression))
    ]


def _holds(value: str, operator: str, text: str) -> bool:
    found = bool(re.fullmatch(text, value)) if "~" in operator else value == text
    return found != operator.startswith("!")
