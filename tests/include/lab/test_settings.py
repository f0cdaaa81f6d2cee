"""The lab's settings come from the environment, its secrets from a file of its own."""

import json
import stat
from pathlib import Path

import pytest

from include.lab.settings import PORT_NAMES, Lab, LabError, write_whole


def lab_at(home: Path, **environment: str) -> Lab:
    return Lab.from_environment({"LAB_HOME": str(home), **environment})


def test_without_settings_the_lab_is_at_the_usual_place(tmp_path: Path):
    """Airflow's own port comes first, the services follow."""
    lab = lab_at(tmp_path)

    assert lab.address == "http://localhost:8080"
    assert [lab.port(name) for name in PORT_NAMES] == list(range(8080, 8080 + len(PORT_NAMES)))


def test_another_port_base_moves_every_port(tmp_path: Path):
    """Two labs on one machine need one setting."""
    lab = lab_at(tmp_path, LAB_PORT_BASE="9000")

    assert lab.url("airflow") == "http://127.0.0.1:9000"
    assert lab.environment["LAB_PORT_BASE"] == "9000"


@pytest.mark.parametrize("base", ["80", "65535", "eighty", "-9000", "8080.5", "99999"])
def test_a_port_base_that_is_none_is_refused(tmp_path: Path, base: str):
    """The message names the variable, the value and the range."""
    with pytest.raises(LabError, match=rf"LAB_PORT_BASE={base} is not a port between 1024 and"):
        lab_at(tmp_path, LAB_PORT_BASE=base)


def test_services_to_leave_out_are_separated_by_commas(tmp_path: Path):
    """Blanks around a name, and empty names, do not matter."""
    assert lab_at(tmp_path, WITHOUT="inbox, shop_api,,").without == {"inbox", "shop_api"}


def test_secrets_are_made_once(tmp_path: Path):
    """A second start finds the secrets of the first, which nobody else may read."""
    first, second = lab_at(tmp_path), lab_at(tmp_path)

    assert first.secrets == second.secrets
    assert len(set(first.secrets.values())) == len(first.secrets)
    assert stat.S_IMODE((tmp_path / "secrets.json").stat().st_mode) == 0o600


def test_a_secret_that_is_new_is_added(tmp_path: Path):
    """A newer version of the project that needs one more secret keeps the others."""
    kept = dict(lab_at(tmp_path).secrets)
    file = tmp_path / "secrets.json"
    file.write_text(json.dumps({k: v for k, v in kept.items() if k != "jwt_secret"}))

    again = lab_at(tmp_path).secrets

    assert again["jwt_secret"] != kept["jwt_secret"]
    assert {**again, "jwt_secret": ""} == {**kept, "jwt_secret": ""}
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_secrets_do_not_show(tmp_path: Path):
    """Printing the lab, as an error report might, gives no secret away."""
    lab = lab_at(tmp_path)
    assert not [secret for secret in lab.secrets.values() if secret in repr(lab)]


def test_both_spellings_of_no_proxy_spare_the_lab(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Most clients let the one in small letters win; what the user's shell names stays."""
    monkeypatch.setenv("NO_PROXY", "one.example")
    monkeypatch.setenv("no_proxy", "two.example")

    said = lab_at(tmp_path).environment

    assert said["NO_PROXY"] == said["no_proxy"]
    assert said["no_proxy"].split(",") == ["one.example", "two.example", "localhost", "127.0.0.1"]


@pytest.mark.faults
@pytest.mark.parametrize("broken", ["", "{", "[]", '{"jwt_secret": null}'])
def test_broken_secrets_are_not_made_anew(tmp_path: Path, broken: str):
    """The passwords of the data stand in them: only a person can say that these may go."""
    (tmp_path / "secrets.json").write_text(broken)

    with pytest.raises(LabError, match=r"is broken, and the passwords.*`make reset`"):
        lab_at(tmp_path)
    assert (tmp_path / "secrets.json").read_text() == broken


@pytest.mark.faults
def test_a_file_that_cannot_be_written_whole_stays_as_it_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    """Nothing half-written is left, neither in its place nor beside it."""

    def no_room(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", no_room)
    file = tmp_path / "file"
    file.write_text("before")

    with pytest.raises(OSError, match="No space"):
        write_whole(file, "after", durable=True)
    assert {path.name: path.read_text() for path in tmp_path.iterdir()} == {"file": "before"}
