"""Events as runs send them, with as little as an event may have."""

from typing import Any

DATABASE = "postgres://here:5432"


def table(name: str, fields: dict[str, list[tuple[str, str]]] | None = None) -> dict[str, Any]:
    """A table with its columns; of each, the tables and columns it is made of."""
    columns = fields or {}
    made_of = {
        column: {"inputFields": [{"namespace": DATABASE, "name": n, "field": f} for n, f in of]}
        for column, of in columns.items()
        if of
    }
    facets = {
        "schema": {"fields": [{"name": column, "type": "text"} for column in columns]},
        "columnLineage": {"fields": made_of},
    }
    return {"namespace": DATABASE, "name": name, "facets": facets}


def event(job: str, run: str = "1", **facts: Any) -> dict[str, Any]:
    """An event of a run of a job: `inputs`, `outputs`, `facets`."""
    return {
        "eventTime": "2026-01-01T00:00:00Z",
        "producer": "https://shop.example",
        "schemaURL": "https://openlineage.io/spec/2-0-2/OpenLineage.json",
        "run": {"runId": run, "facets": facts.pop("facets", {})},
        "job": {"namespace": "shop", "name": job},
        **facts,
    }


CHAIN = [
    event(
        "collect",
        inputs=[table("orders", {"id": [], "amount": []})],
        outputs=[table("sales", {"amount": [("orders", "amount")]})],
    ),
    event(
        "add_up",
        inputs=[table("sales", {"amount": []})],
        outputs=[table("revenue", {"sum": [("sales", "amount")]})],
        facets={"shop_trust": {"rows": 3}},
    ),
]
