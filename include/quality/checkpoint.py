"""Checks a table against a suite with Great Expectations, and keeps its pages, the Data Docs."""

import os
import tempfile
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple, cast

from include.quality import data_docs
from include.quality.expectations import Suite

SITE = "lake"
COLUMNS = ("column", "column_A", "column_B")


class Broken(NamedTuple):
    """An expectation that the batch does not meet, and what was found instead."""

    expectation: str
    columns: str
    severity: str
    found: str

    def __str__(self) -> str:
        where = f"({self.columns})" if self.columns else ""
        return f"{self.expectation}{where}: {self.found}"


class Checked(NamedTuple):
    """What a checkpoint says of a batch: how many rules, which are broken, and the pages of it."""

    rules: int
    broken: list[Broken]
    pages: dict[str, bytes]


def check_table(suite: Suite, url: str, schema: str, table: str, as_of: datetime) -> Checked:
    """Hold a table of PostgreSQL against a suite.

    The same rows give the same pages, byte for byte: what Great Expectations writes of the moment
    is replaced by `as_of`. The URL with its password stays in this process' memory; in what Great
    Expectations keeps and writes stands a name in its place.

    Args:
        suite: what is expected.
        url: where the table is, as SQLAlchemy writes it.
        schema: the table's schema.
        table: its name.
        as_of: the moment that the data stands for, in UTC.

    Raises:
        great_expectations.exceptions.GreatExpectationsError: the database does not answer, or
            there is no such table.
    """
    os.environ["GX_ANALYTICS_ENABLED"] = "false"
    import great_expectations as gx
    from great_expectations.core.run_identifier import RunIdentifier
    from great_expectations.data_context.types.base import ProgressBarsConfig

    context = gx.get_context(mode="ephemeral", runtime_environment={"WAREHOUSE_URL": url})
    context.variables.progress_bars = ProgressBarsConfig(globally=False)
    # Its signature names what every kind of source takes, and not this.
    in_schema: Any = {"kwargs": {"connect_args": {"options": f"-c search_path={schema}"}}}
    source = context.data_sources.add_postgres(
        "warehouse", connection_string="${WAREHOUSE_URL}", **in_schema
    )
    asset = source.add_table_asset(table, table_name=table)
    definition = context.validation_definitions.add(
        gx.ValidationDefinition(
            name=suite.name,
            data=asset.add_batch_definition_whole_table("whole_table"),
            suite=context.suites.add(suite.build()),
        )
    )
    checkpoint = context.checkpoints.add(
        gx.Checkpoint(name=suite.name, validation_definitions=[definition])
    )
    with tempfile.TemporaryDirectory() as folder:
        context.add_data_docs_site(SITE, cast(Any, data_docs.site(folder)))
        run_id = RunIdentifier(run_name=suite.name, run_time=as_of)
        (result,) = checkpoint.run(run_id=run_id).run_results.values()
        context.build_data_docs(site_names=[SITE])
        written = {
            path.relative_to(folder).as_posix(): path.read_text(encoding="utf-8")
            for path in Path(folder).rglob("*.html")
        }
    order = [(rule.type, _columns(rule.kwargs)) for rule in suite.expectations]
    broken = [_broken(one) for one in result.results if not one.success]
    broken.sort(key=lambda one: order.index((one.expectation, one.columns)))
    summary = [str(one) for one in broken]
    return Checked(len(result.results), broken, data_docs.stand_alone(written, summary, as_of))


def _broken(result: Any) -> Broken:
    config = result.expectation_config
    errors = [error["exception_message"] for error in _errors(result.exception_info)]
    return Broken(
        config.type,
        _columns(config.kwargs),
        str(config.severity.value),
        _found(result.result, errors),
    )


def _columns(kwargs: Mapping[str, Any]) -> str:
    return ", ".join(kwargs[name] for name in COLUMNS if name in kwargs)


def _errors(info: Any) -> list[Mapping[str, Any]]:
    """What went wrong in a rule: one entry, or one for each number that it needs."""
    if not info:
        return []
    entries = [info] if "raised_exception" in info else list(info.values())
    return [entry for entry in entries if entry["raised_exception"]]


def _found(result: Mapping[str, Any], errors: list[str]) -> str:
    if errors:
        return errors[0]
    if "unexpected_count" in result:
        shown = sorted({str(value) for value in result["partial_unexpected_list"]})[:3]
        rows, of = result["unexpected_count"], result["element_count"]
        return f"{rows} of {of} rows do not fit, such as {', '.join(shown)}"
    if "observed_value" in result:
        return f"found {result['observed_value']}"
    return "it is not there"
