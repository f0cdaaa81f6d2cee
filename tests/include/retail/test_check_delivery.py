"""The shell script that checks a day's delivery, run as it is."""

import os
import subprocess
from hashlib import sha256
from pathlib import Path

import pytest

from include import retail
from include.data import landing

SCRIPT = Path(retail.__file__).with_name("check_delivery.sh")
DAY = "2026-01-06"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A landing folder with the shop's deliveries."""
    landing.load(tmp_path)
    return tmp_path


def check(folder: Path, day: str) -> subprocess.CompletedProcess[str]:
    """Run the script as the lesson does."""
    environment = os.environ | {"DAY": day, "LC_ALL": "de_DE.UTF-8"}
    command = ["bash", str(SCRIPT)]
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True)


def test_a_good_delivery_ends_with_one_checksum_over_all_files(folder: Path):
    """The last line is what Python computes over the files in the order of their names."""
    done = check(folder, DAY)
    files = sorted((folder / DAY).glob("*.csv"))
    expected = sha256(b"".join(path.read_bytes() for path in files)).hexdigest()
    assert (done.returncode, done.stdout.splitlines()[-1]) == (0, expected)


def test_a_day_without_delivery_asks_to_be_skipped(folder: Path):
    """Exit code 99 tells Airflow that there was nothing to do."""
    done = check(folder, "2026-02-01")
    assert (done.returncode, done.stdout) == (99, "Nothing was delivered on 2026-02-01.\n")


def test_a_damaged_file_fails(folder: Path):
    """One changed byte is found, and the file is named."""
    damaged = folder / DAY / "lumen.csv"
    damaged.write_bytes(damaged.read_bytes() + b"x")
    done = check(folder, DAY)
    assert done.returncode == 1
    assert "lumen.csv: FAILED" in done.stdout


def test_no_day_is_refused(folder: Path):
    """An unset day never means the landing folder itself."""
    done = check(folder, "")
    assert done.returncode == 1
    assert "DAY: set it to a day" in done.stderr
