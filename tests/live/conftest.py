"""The lab's own Airflow, spoken to over REST."""

import pytest

from include.lab.settings import Lab
from tests.live.rest import Rest


@pytest.fixture(scope="session")
def rest(lab: Lab) -> Rest:
    """The admin, logged in."""
    return Rest(lab)
