"""Where experiments are kept: who saw what, what was seen at each look, and what was decided."""

from collections.abc import Callable, Iterable
from contextlib import closing
from typing import Any

from include.experiments.comparison import Group
from include.experiments.experiment import Experiment
from include.experiments.verdict import Decision, Look
from include.experiments.visits import CLICKSTREAM, Visit, lose_some, observe, simulate

Connect = Callable[[], Any]
"""Opens a connection to PostgreSQL."""

TABLES = """
CREATE TABLE IF NOT EXISTS marts.experiment_visits (
    experiment text, visitor text, variant text NOT NULL, at timestamptz NOT NULL,
    bought boolean NOT NULL, PRIMARY KEY (experiment, visitor)
);
CREATE TABLE IF NOT EXISTS marts.experiment_looks (
    experiment text, look integer, control_visitors integer, control_buyers integer,
    treatment_visitors integer, treatment_buyers integer, fraction double precision,
    z double precision, p_value double precision, bound double precision,
    low double precision, high double precision, PRIMARY KEY (experiment, look)
);
CREATE TABLE IF NOT EXISTS marts.experiment_decisions (
    experiment text PRIMARY KEY, verdict text NOT NULL, variant text, look integer, reason text
)
"""
COUNTS = """
SELECT variant, count(*), count(*) FILTER (WHERE bought) FROM marts.experiment_visits
WHERE experiment = %s AND at < %s GROUP BY variant
"""


def record_visits(connect: Connect, experiment: Experiment, lose: bool = False) -> dict[str, int]:
    """Keep who saw what, in place of what was kept before; return how many saw each variant.

    `lose` leaves out some visits of the treatment, to be found by the sample-ratio check.
    """
    visits: Iterable[Visit]
    if experiment.simulated:
        visits = simulate(experiment)
    else:
        visits = observe(experiment, _select(connect, CLICKSTREAM))
    kept = lose_some(visits, experiment.treatment) if lose else list(visits)
    _replace(connect, "experiment_visits", experiment.name, kept)
    return {name: sum(one.variant == name for one in kept) for name in experiment.variants}


def count_groups(connect: Connect, experiment: Experiment, looks: int) -> list[tuple[Group, Group]]:
    """Return control and treatment as they stand at each of the first looks."""
    found = []
    for end in experiment.ends_of_looks()[:looks]:
        rows = _select(connect, COUNTS, experiment.name, end)
        groups = {variant: Group(visitors, buyers) for variant, visitors, buyers in rows}
        sides = (groups.get(name, Group(0, 0)) for name in experiment.variants)
        found.append((next(sides), next(sides)))
    return found


def write_looks(connect: Connect, experiment: Experiment, looks: list[Look]) -> None:
    """Keep what was seen, in place of the former looks of the experiment."""
    rows = [(one.number, *one.control, *one.treatment, *one[3:]) for one in looks]
    _replace(connect, "experiment_looks", experiment.name, rows)


def roll_out(connect: Connect, experiment: Experiment, decision: Decision) -> None:
    """Let the decision hold from now on."""
    _replace(connect, "experiment_decisions", experiment.name, [decision])


def winner(connect: Connect, experiment: Experiment) -> str | None:
    """Return the variant that everybody sees, None while the traffic is still split."""
    sql = "SELECT variant FROM marts.experiment_decisions WHERE experiment = %s"
    return next((variant for (variant,) in _select(connect, sql, experiment.name)), None)


def _select(connect: Connect, sql: str, *parameters: object) -> list[tuple[Any, ...]]:
    with closing(connect()) as connection, connection.cursor() as cursor:
        cursor.execute(sql, parameters)
        rows: list[tuple[Any, ...]] = cursor.fetchall()
    return rows


def _replace(connect: Connect, table: str, name: str, rows: Iterable[tuple[Any, ...]]) -> None:
    """Let the table hold exactly these rows of the experiment."""
    with closing(connect()) as connection, connection.cursor() as cursor:
        cursor.execute(f"DELETE FROM marts.{table} WHERE experiment = %s", (name,))
        values = [(name, *row) for row in rows]
        if values:
            places = ", ".join(["%s"] * len(values[0]))
            cursor.executemany(f"INSERT INTO marts.{table} VALUES ({places})", values)
        connection.commit()
