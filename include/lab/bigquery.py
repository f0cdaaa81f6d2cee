"""Runs the BigQuery emulator where it can do no harm, and without the internet.

It has no login, and runs on DuckDB, whose SQL can read and write any file of its user: here only
what the Storage emulator keeps, and what a client uploads. What a web page sends is refused.
"""

from pathlib import Path
from typing import Any

from bqemulator import server
from bqemulator.api.app import create_app
from bqemulator.cli import main
from bqemulator.config import Settings
from bqemulator.domain.errors import InvalidQueryError
from bqemulator.jobs import executor
from bqemulator.storage.engine import DuckDBEngine
from starlette.applications import Starlette

from include.lab.door import guard

LARGEST_UPLOAD = 256 * 2**20
"""Bytes of a call, as BigQuery itself takes for an upload."""


def folders(settings: Settings) -> list[Path]:
    """Where load jobs may read, and extract jobs write."""
    return [Path(folder) for folder in (settings.gcs_local_root, settings.upload_staging_dir)]


start = DuckDBEngine.start


async def start_confined(engine: DuckDBEngine) -> None:
    """Open the database, then leave DuckDB no file but its own and these, before any query."""
    await start(engine)
    names = ("'{}'".format(str(one).replace("'", "''")) for one in folders(engine._settings))
    engine.execute(f"SET allowed_directories = [{', '.join(names)}]")
    engine.execute("SET enable_external_access = false")
    engine.execute("SET lock_configuration = true")


def without_geography(engine: DuckDBEngine) -> None:
    """Load nothing: the emulator would fetch geography from the internet at every start."""


resolve_uri = executor._resolve_uri


def resolve_confined(uri: str, context: Any) -> str:
    """Resolve a job's file as the emulator does, which opens some itself, past DuckDB.

    Raises:
        InvalidQueryError: the file lies elsewhere.
    """
    path: str = resolve_uri(uri, context)
    here = Path(path).resolve()
    if not any(here.is_relative_to(folder) for folder in folders(context.settings)):
        raise InvalidQueryError(f"{uri} is not in Cloud Storage: name a gs:// file of a bucket.")
    return path


def guarded_app(context: Any) -> Starlette:
    """The emulator's REST API behind the door of our own services: it asks for no login either."""
    app: Starlette = create_app(context)
    guard(app, "bigquery", LARGEST_UPLOAD)
    return app


if __name__ == "__main__":
    DuckDBEngine.start = start_confined
    DuckDBEngine._load_spatial = without_geography
    server.create_app = guarded_app
    executor._resolve_uri = resolve_confined
    main()
