"""Azurite keeps what it has acknowledged, although it saves its own lists only now and then."""

from pathlib import Path

import pytest
from azure.core.exceptions import ResourceNotFoundError
from azure.storage.blob import ContainerClient

from include.lab.services import azurite
from include.lab.settings import Lab, LabError
from tests.include.lab.conftest import running


@pytest.mark.slow
def test_what_was_acknowledged_before_a_kill_is_there(place: Lab, tmp_path: Path):
    """Blobs, their content and what was deleted; `running` ends the process by SIGKILL."""
    place.home.mkdir(parents=True, exist_ok=True)
    try:
        service = azurite(place)
    except LabError as error:
        pytest.skip(str(error))
    where = (f"{place.url('azurite')}/shop", "orders")
    with ContainerClient(*where, credential=place.secrets["azurite_key"]) as orders:
        with running(service, tmp_path / "azurite.log"):
            orders.create_container()
            for number in range(20):
                orders.upload_blob(f"{number:02}", f"order {number}")
            orders.delete_blob("00")

        with running(service, tmp_path / "azurite.log"):
            assert [*orders.list_blob_names()] == [f"{number:02}" for number in range(1, 20)]
            assert orders.download_blob("19").readall() == b"order 19"
            with pytest.raises(ResourceNotFoundError):
                orders.download_blob("00")
