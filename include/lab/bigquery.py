"""Runs the BigQuery emulator without DuckDB's extension for geography.

The emulator fetches that extension from the internet at every start, and ends when it cannot; the
lab starts without the internet, and no lesson asks for GEOGRAPHY.
"""

from bqemulator.cli import main
from bqemulator.storage.engine import DuckDBEngine


def without_geography(engine: DuckDBEngine) -> None:
    """Load nothing."""


if __name__ == "__main__":
    DuckDBEngine._load_spatial = without_geography
    main()
