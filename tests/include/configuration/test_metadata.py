"""Connections, variables, pools and roles are read from files in which every mistake is named."""

import json
from pathlib import Path

import pytest

from include.configuration import metadata
from include.configuration.reader import ConfigurationError

CONNECTION = """\
[connection.warehouse]
service = "postgres"
description = "The warehouse"
conn_type = "postgres"
host = "${LAB_HOST}"
port = "${LAB_PORT}"
schema = "shop"
extra = { sslmode = "disable", options = { where = "${LAB_HOST}" }, tries = 3 }
"""
VALUES = {"LAB_HOST": "db.example", "LAB_PORT": "5432"}


def write(folder: Path, name: str, text: str) -> Path:
    (folder / name).write_text(text)
    return folder


def test_place_holders_are_filled_from_the_place(tmp_path: Path):
    """A connection is as Airflow reads it from JSON: a port is a number, `extra` is filled too."""
    folder = write(tmp_path, "connections.toml", CONNECTION)

    assert metadata.connections(VALUES, folder) == {
        "warehouse": {
            "description": "The warehouse",
            "conn_type": "postgres",
            "host": "db.example",
            "port": 5432,
            "schema": "shop",
            "extra": {"sslmode": "disable", "options": {"where": "db.example"}, "tries": 3},
        }
    }


@pytest.mark.parametrize(
    ("values", "told"),
    [
        ({"LAB_PORT": "5432"}, "the place holder ${LAB_HOST} has no value; set that variable"),
        (VALUES | {"LAB_PORT": "five"}, "cannot be filled: invalid literal for int"),
    ],
)
def test_a_value_that_does_not_fit_is_named(tmp_path: Path, values: dict[str, str], told: str):
    """File, line, connection, and what is missing."""
    folder = write(tmp_path, "connections.toml", "# Facts.\n" + CONNECTION)

    with pytest.raises(ConfigurationError) as error:
        metadata.connections(values, folder)

    assert str(error.value).startswith(f"{folder}/connections.toml:2: connection.warehouse: {told}")


def test_all_connections_that_cannot_be_filled_are_named(tmp_path: Path):
    """One start shows every mistake."""
    other = '[connection.other]\ndescription = "x"\nconn_type = "http"\nhost = "$ 5"\n'
    folder = write(tmp_path, "connections.toml", CONNECTION + other)

    with pytest.raises(ConfigurationError) as error:
        metadata.connections({}, folder)

    first, second = str(error.value).splitlines()
    assert "connection.warehouse: the place holder ${LAB_HOST}" in first
    assert "connection.other: cannot be filled: Invalid placeholder" in second
    assert "$$ is a dollar sign" in second


def test_a_variable_that_is_no_text_is_stored_as_json(tmp_path: Path):
    """A lesson reads it with `deserialize_json=True`."""
    text = """
[variable.name]
description = "x"
value = "shop"
[variable.limits]
description = "x"
value = { default = 200, CH = 300 }
"""
    found = metadata.variables(write(tmp_path, "variables.toml", text))

    assert found["name"].stored == "shop"
    assert json.loads(found["limits"].stored) == {"default": 200, "CH": 300}


@pytest.mark.parametrize(
    ("name", "text", "told"),
    [
        (
            "connections.toml",
            '[connection.a]\ndescription = "x"\nconn_type = "http"\npasword = "x"\n',
            "4: connection.a.pasword: is not a known key; write `password`",
        ),
        (
            "pools.toml",
            '[pool.a]\nslots = "two"\ndescription = "x"\n',
            "2: pool.a.slots: should be a valid integer",
        ),
        ("variables.toml", '[variable.a]\ndescription = "x"\n', "1: variable.a.value: is missing"),
        (
            "roles.toml",
            '[role.team]\ndescription = "x"\npermissions = [\n'
            '    ["can_read", "DAGs"],\n    ["can_fly", "DAGs"],\n]\n',
            "5: role.team.permissions[1][0]: should be 'can_create', 'can_read', 'can_edit', "
            "'can_delete' or 'menu_access', but 'can_fly' was given",
        ),
        ("roles.toml", "[role.team\n", "1: not valid TOML"),
    ],
)
def test_a_mistake_is_named_with_file_line_and_key(tmp_path: Path, name: str, text: str, told: str):
    """The four files are read by the same rules."""
    read = {
        "connections.toml": metadata.connection_facts,
        "variables.toml": metadata.variables,
        "pools.toml": metadata.pools,
        "roles.toml": metadata.roles,
    }[name]

    with pytest.raises(ConfigurationError) as error:
        read(write(tmp_path, name, text))

    assert str(error.value).startswith(f"{tmp_path}/{name}:{told}")


def test_the_files_of_the_project_are_right():
    """What stands in configs/ can be read."""
    assert metadata.connection_facts()
    assert metadata.variables()
    assert metadata.pools()
    assert metadata.roles()
