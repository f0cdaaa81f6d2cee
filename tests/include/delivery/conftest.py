"""The project of phase 11, in a repository of the test's own."""

from pathlib import Path

import pytest

from include.delivery import repository

PHASE = Path(__file__).resolve().parents[3] / "dags" / "phase11"


@pytest.fixture
def address(tmp_path: Path) -> str:
    """A repository with nothing deployed."""
    repository.create(tmp_path / "shop.git")
    return str(tmp_path / "shop.git")
