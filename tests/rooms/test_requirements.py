"""`requirements.txt` is what the lock says, for those who install without uv."""

import tomllib
from functools import cache

from packaging.markers import Marker
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.rooms.sources import ROOT

MACHINES = [
    {
        "python_full_version": f"{python}.9",
        "python_version": python,
        "sys_platform": system.lower(),
        "platform_system": system,
        "platform_machine": machine,
        "extra": "group-18-airflow-curriculum-airflow",
    }
    for python in ("3.11", "3.12", "3.13")
    for system, machine in (("Linux", "x86_64"), ("Linux", "aarch64"), ("Darwin", "arm64"))
]


@cache
def holds_somewhere(marker: str) -> bool:
    return any(Marker(marker).evaluate(machine) for machine in MACHINES)


def locked() -> set[tuple[str, str]]:
    """Name and version of everything that the lock's default groups need, on any machine."""
    lock = tomllib.loads((ROOT / "uv.lock").read_text())
    packages: dict[str, list[dict]] = {}
    for package in lock["package"]:
        packages.setdefault(package["name"], []).append(package)
    (project,) = packages["airflow-curriculum"]
    groups = project["dev-dependencies"]
    needed = [need for group in project["default-groups"] for need in groups[group]]
    found: set[tuple[str, str, str]] = set()
    while needed:
        need = needed.pop()
        if not holds_somewhere(need.get("marker", "python_version > '3'")):
            continue
        for package in packages[need["name"]]:
            if need.get("version", package["version"]) != package["version"]:
                continue
            for extra in ("", *need.get("extra", ())):
                wanted = (package["name"], package["version"], extra)
                if wanted not in found:
                    found.add(wanted)
                    optional = package.get("optional-dependencies", {})
                    needed += optional[extra] if extra else package.get("dependencies", [])
    return {(name, version) for name, version, _ in found}


def exported() -> set[tuple[str, str]]:
    """Name and version of every line of `requirements.txt` that holds on any machine."""
    lines = (ROOT / "requirements.txt").read_text().splitlines()
    requirements = [Requirement(line) for line in lines if line and not line.startswith("#")]
    return {
        (canonicalize_name(one.name), str(one.specifier).removeprefix("=="))
        for one in requirements
        if one.marker is None or holds_somewhere(str(one.marker))
    }


def test_the_requirements_are_those_of_the_lock():
    """No package is missing, none is left over, each has the locked version; else: `make lock`."""
    assert exported() == locked()
