"""A YAML file of facts is read as strictly as a TOML file, and each mistake is named."""

from pathlib import Path
from typing import Literal

import pytest
from pydantic import Field

from include.configuration.reader import ConfigurationError, Facts, read_yaml, read_yaml_entries


class Room(Facts):
    name: str
    seats: int = Field(ge=1)


class House(Facts):
    kind: Literal["old", "new"]
    rooms: dict[str, Room]
    guests: list[str] = Field(min_length=1)


GOOD = """\
kind: old
rooms:
  kitchen:
    name: Kitchen
    seats: 4
  hall: { name: Hall, seats: 2 }
guests:
  - Zoë
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "house.yaml"


def test_right_file_becomes_the_model(file: Path):
    """With its values typed."""
    file.write_text(GOOD, encoding="utf-8")

    house = read_yaml(file, House)

    assert (house.rooms["hall"].seats, house.guests) == (2, ["Zoë"])


@pytest.mark.parametrize(
    ("good", "bad", "said"),
    [
        ("kind: old", "kind: odd", ":1: kind: should be 'old' or 'new', but 'odd' was given"),
        ("seats: 4", "seats: 0", ":5: rooms.kitchen.seats: should be greater than or equal to 1"),
        ("seats: 2 }", "seat: 2 }", ":6: rooms.hall.seat: is not a known key; write `seats`"),
        ("    seats: 4\n", "", ":3: rooms.kitchen.seats: is missing; add `seats: ...`"),
        ("  - Zoë\n", "  []\n", ":7: guests: has too few entries; give at least 1"),
        ("  - Zoë", "  - 5", ":8: guests[0]: should be a valid string, but 5 was given"),
        (
            "    seats: 4\n",
            "    seats: 4\n    seats: 5\n",
            ":6: rooms.kitchen.seats: stands here a",
        ),
        ("kind: old", "kind: [old", ":2: not valid YAML: "),
        ("kind: old", "kind: \x07", ":1: not valid YAML: unacceptable"),
        (GOOD, "", ":1: the file: should be a valid dictionary or instance of House"),
        (GOOD, "- a\n", ":1: the file: should be a valid dictionary"),
    ],
)
def test_mistake_is_named_with_its_line(file: Path, good: str, bad: str, said: str):
    """Its key, what is wrong, and what to write instead."""
    file.write_text(GOOD.replace(good, bad), encoding="utf-8")

    with pytest.raises(ConfigurationError) as caught:
        read_yaml(file, House)
    assert f"{file}{said}" in str(caught.value)


def test_every_mistake_is_named(file: Path):
    """One line each, in the file's order."""
    file.write_text(GOOD.replace("old", "odd").replace("seats: 2", "seats: no"), encoding="utf-8")

    with pytest.raises(ConfigurationError) as caught:
        read_yaml(file, House)
    lines = str(caught.value).splitlines()
    assert [line.split(":")[1:3] for line in lines] == [["1", " kind"], ["6", " rooms.hall.seats"]]


def test_missing_file_is_named(file: Path):
    """With what to check."""
    with pytest.raises(ConfigurationError, match=r"house\.yaml: cannot be read: .*check the path"):
        read_yaml(file, House)


ENTRIES = """\
hall: { name: Hall, seats: 2 }
kitchen:
  name: Kitchen
  seat: 4
attic:
  name: Attic
  seats: 1
  seats: 2
"""


def test_entries_are_read_one_by_one():
    """A wrong entry takes none of the others with it, and its mistakes bear the file's lines."""
    found = read_yaml_entries(ENTRIES, "house.yaml", lambda _: Room)

    assert found.good == {"hall": Room(name="Hall", seats=2)}
    assert [line.split(": ", 2)[:2] for line in found.bad["kitchen"]] == [
        ["house.yaml:2", "kitchen.seats"],
        ["house.yaml:4", "kitchen.seat"],
    ]
    assert found.bad["attic"] == [
        "house.yaml:8: attic.seats: stands here a second time; remove one"
    ]
    assert found.lines == {"hall": 1, "kitchen": 2, "attic": 5}


def test_what_no_model_can_say_is_asked_for():
    """A check of the caller's own names keys of the entry, and they get their lines too."""
    check = [(("seats",), "are too few for a hall")]

    found = read_yaml_entries(ENTRIES, "house.yaml", lambda _: Room, lambda _: check)

    assert found.bad["hall"] == ["house.yaml:1: hall.seats: are too few for a hall"]


@pytest.mark.parametrize("text", ["- a\n", "1: { name: One, seats: 1 }\n", "", "a: [b"])
def test_what_holds_no_entries_is_refused(text: str):
    """Then nothing of it can be used."""
    with pytest.raises(ConfigurationError, match=r"house\.yaml:\d"):
        read_yaml_entries(text, "house.yaml", lambda _: Room)
