"""Files whose form others have written down, as a JSON schema, keep to it."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.rooms.sources import ROOT

FILES = {
    "docker_compose/docker-compose.yaml": "compose-spec",
    ".github/workflows/ci.yml": "github-workflows",
}


def check(path: str, schema: str) -> subprocess.CompletedProcess[str]:
    """Ask check-jsonschema, which brings these schemas along."""
    command = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", f"vendor.{schema}"]
    return subprocess.run([*command, path], cwd=ROOT, capture_output=True, text=True, check=False)


@pytest.mark.parametrize(("path", "schema"), FILES.items())
def test_keeps_to_its_schema(path: str, schema: str) -> None:
    """Every key is known, and every value has its form."""
    done = check(path, schema)
    assert done.returncode == 0, done.stdout + done.stderr


def test_an_unknown_key_is_found(tmp_path: Path) -> None:
    """So the schema is really asked."""
    wrong = tmp_path / "docker-compose.yaml"
    wrong.write_text("services: {web: {image: 'nginx:1.29', helthcheck: {}}}\n")

    done = check(str(wrong), "compose-spec")

    assert done.returncode == 1
    assert "helthcheck" in done.stdout
