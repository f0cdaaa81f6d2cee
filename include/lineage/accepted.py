"""What a collector accepts: the events of OpenLineage, of a run, of a job and of a dataset.

Only what the graph is made of is looked at; the rest of an event is kept as it came.
"""

from typing import Annotated, Any, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator


class _Given(BaseModel):
    model_config = ConfigDict(extra="allow")


class _Named(_Given):
    namespace: str
    name: str


class _Column(_Given):
    name: str
    type: str | None = None


class _Columns(_Given):
    fields: list[_Column] | None = None


class _ColumnOf(_Named):
    field: str


class _MadeOf(_Given):
    inputFields: list[_ColumnOf] | None = None


class _ColumnLineage(_Given):
    fields: dict[str, _MadeOf] | None = None


class _Facets(_Given):
    columns: _Columns | None = Field(default=None, alias="schema")
    columnLineage: _ColumnLineage | None = None


class _Dataset(_Named):
    facets: _Facets | None = None


class _Run(_Given):
    runId: str
    facets: dict[str, Any] | None = None


Datasets = Annotated[list[_Dataset], Field(max_length=1000)]


class Event(_Given):
    """An event of any of the three kinds."""

    eventTime: Annotated[str, Field(min_length=1)]
    producer: Annotated[str, Field(min_length=1)]
    schemaURL: Annotated[str, Field(min_length=1)]
    eventType: str | None = None
    run: _Run | None = None
    job: _Named | None = None
    dataset: _Dataset | None = None
    inputs: Datasets | None = None
    outputs: Datasets | None = None

    @model_validator(mode="after")
    def _is_of_one_kind(self) -> Self:
        if self.job is None and (self.run or self.dataset is None):
            raise ValueError("job is missing: without a dataset, an event is a job's")
        if self.run is None and self.eventType is not None:
            raise ValueError("run is missing: an eventType is a run's")
        return self

    def plain(self) -> dict[str, Any]:
        """The event as it came."""
        return self.model_dump(by_alias=True, exclude_unset=True)
