"""What is installed for the services, in an environment of their own (`.lab/venv`)."""

import sys
from pathlib import Path

from include.lab.settings import Lab, LabError


def lab_python(lab: Lab, *arguments: str) -> tuple[str, ...]:
    """The command that runs Python with the services' packages."""
    return (sys.executable if lab.places else str(lab.root / ".lab/venv/bin/python"), *arguments)


def airflow_python(lab: Lab, *arguments: str) -> tuple[str, ...]:
    """The command that runs Python with the packages of Airflow and the lessons."""
    return (sys.executable if lab.places else str(lab.root / ".venv/bin/python"), *arguments)


def installed(lab: Lab, pattern: str) -> Path:
    """The file of an installed package, by its path below `site-packages`.

    Raises:
        LabError: it is not installed.
    """
    folder = lab.root / ".lab/venv"
    for file in sorted(folder.glob(f"lib/python3*/site-packages/{pattern}")):
        return file
    package = pattern.partition("/")[0]
    raise LabError(f"{package} is missing from {folder}: `make install` puts it there.")
