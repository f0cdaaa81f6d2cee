"""Reads the Python files of a room as text and as syntax trees, without importing them."""

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parents[2]
OF_ITS_OWN = "demo_project"
"""The project that phase 11 tests and deploys: no room is its, and it has tests of its own."""


class Source(NamedTuple):
    """One file: its path below the repository's root, and its syntax tree."""

    path: str
    tree: ast.Module

    @property
    def text(self) -> str:
        """The file as it stands."""
        return (ROOT / self.path).read_text(encoding="utf-8")

    @property
    def nodes(self) -> list[ast.AST]:
        """Every node of the tree, also those inside functions."""
        return _nodes(self.tree)


def sources(*rooms: str) -> list[Source]:
    """Every Python file below these folders of the repository."""
    return [source for room in rooms for source in _sources(room)]


@cache
def _sources(room: str) -> list[Source]:
    return [
        Source(str(path.relative_to(ROOT)), ast.parse(path.read_text(encoding="utf-8"), path))
        for path in sorted((ROOT / room).rglob("*.py"))
        if OF_ITS_OWN not in path.parts
    ]


def imported(source: Source) -> Iterator[str]:
    """Every module that the file imports, at its top or inside a function, written out in full."""
    for node in source.nodes:
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            # `from plugins import operators` names a module only in both parts together.
            yield from (f"{node.module}.{alias.name}" for alias in node.names)
        elif isinstance(node, ast.Call) and called(node) == "importlib.import_module":
            yield from (arg.value for arg in node.args if _is_text(arg))


def called(node: ast.Call) -> str:
    """The dotted name of what is called; empty where it is no name."""
    return dotted(node.func)


def dotted(node: ast.expr) -> str:
    """`a.b.c` for an attribute of a name, the name itself for a name, else nothing."""
    match node:
        case ast.Name(id=name):
            return name
        case ast.Attribute(value=value, attr=name):
            return f"{dotted(value)}.{name}"
    return ""


@cache
def _nodes(tree: ast.Module) -> list[ast.AST]:
    return [*ast.walk(tree)]


def _is_text(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and isinstance(node.value, str)
