"""The table of what Compose starts, from its file, the connections and the lessons."""

import re
from pathlib import Path
from typing import Any

from include.configuration import metadata
from include.curriculum.syllabus import Syllabus

FILE = "docker_compose/docker-compose.yaml"
PAGE = "docs/docker.md"

_PORT = re.compile(r"127\.0\.0\.1:\$\{LAB_PORTS:-(\d\d)\}(\d\d):\d+")

COLUMNS = ("service", "image", "port on this machine", "login", "connections", "lessons")


def rows(syllabus: Syllabus, root: Path) -> list[list[str]]:
    """Return one row for each service, a cell for each of `COLUMNS`."""
    import yaml

    services = yaml.safe_load((root / FILE).read_text(encoding="utf-8"))["services"]
    known = metadata.connection_facts(root / "configs")
    return [_row(name, facts, known, syllabus, root) for name, facts in services.items()]


def _row(
    name: str,
    facts: dict[str, Any],
    known: dict[str, metadata.Connection],
    syllabus: Syllabus,
    root: Path,
) -> list[str]:
    service = name.replace("-", "_")
    connections = [f"`{conn_id}`" for conn_id, one in known.items() if one.service == service]
    lessons = [lesson for lesson in syllabus.lessons if service in lesson.services]
    profile = "".join(f" (profile `{profile}`)" for profile in facts.get("profiles", ()))
    page = f"services/{service}.md"
    shown = f"[{name}]({page})" if (root / "docs" / page).exists() else name
    return [
        shown + profile,
        f"`{facts['image']}`",
        ", ".join(_port(port) for port in facts.get("ports", ())),
        facts.get("x-login", ""),
        ", ".join(connections),
        str(len(lessons)) if lessons else "",
    ]


def _port(published: str) -> str:
    found = _PORT.fullmatch(published)
    if found is None:
        raise ValueError(f"{FILE}: {published!r} is not 127.0.0.1:${{LAB_PORTS:-80}}NN:PORT")
    return found[1] + found[2]
