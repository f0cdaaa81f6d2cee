"""One template for many environments: filled in strictly, so that nothing is silently empty."""

import difflib
import functools
import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

if TYPE_CHECKING:
    from jinja2 import Environment

PREFIX = "SHOP_"
"""What of the process's own environment a template sees: no password comes in by chance."""


class MissingVariableError(ValueError):
    """A template asks for a variable that has no value."""


def variables(file: Path, environment: Mapping[str, str] = os.environ) -> dict[str, str]:
    """Return the variables of a file of `NAME=value` lines; the process's own win over it.

    Raises:
        ValueError: a line is neither empty, nor a comment, nor of that form; it is named.
    """
    found = {}
    for number, line in enumerate(file.read_text(encoding="utf-8").splitlines(), 1):
        if not line.strip() or line.startswith("#"):
            continue
        name, is_set, value = line.partition("=")
        if not is_set or not name.isidentifier():
            raise ValueError(f"{file.name}:{number}: {line!r} is not of the form NAME=value.")
        found[name] = value.strip()
    return found | {name: value for name, value in environment.items() if name.startswith(PREFIX)}


def render(template: Path, environment: str, values: Mapping[str, str]) -> str:
    """Fill in the template for an environment.

    Args:
        template: a Jinja2 file; other templates beside it may be included.
        environment: its name, which the template sees as `environment`.
        values: the variables that the template may use.

    Raises:
        MissingVariableError: one has no value; the message has the line and the name.
    """
    from jinja2 import UndefinedError

    jinja = _environment(template.parent)
    try:
        return jinja.get_template(template.name).render({**values, "environment": environment})
    except UndefinedError as error:
        raise MissingVariableError(
            f"{template.name}:{_line(error, template)}: {environment}: {error.message} has no "
            f"value; set it in {environment}.env, or in Airflow's own environment."
        ) from error


def differences(before: str, after: str) -> list[str]:
    """The lines that differ: `-` stands before what is gone, `+` before what has come."""
    lines = difflib.ndiff(before.splitlines(), after.splitlines())
    return [line for line in lines if line.startswith(("- ", "+ "))]


@functools.cache
def _environment(folder: Path) -> "Environment":
    """The templates of a folder; each is translated once, and again when its file has changed."""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined, UndefinedError

    class Missing(StrictUndefined):
        def _fail_with_undefined_error(self, *_: object, **__: object) -> NoReturn:
            raise UndefinedError(self._undefined_name)

        __str__ = __iter__ = __eq__ = __ne__ = __bool__ = _fail_with_undefined_error

    return Environment(
        loader=FileSystemLoader(folder),
        undefined=Missing,
        trim_blocks=True,
        lstrip_blocks=True,
        # The text becomes YAML, no page: there is nothing to escape.
        autoescape=False,
    )


def _line(error: Exception, template: Path) -> int:
    """The line of the template in which it failed: Jinja writes it into the traceback."""
    trace, line = error.__traceback__, 1
    while trace is not None:
        if trace.tb_frame.f_code.co_filename == str(template):
            line = trace.tb_lineno
        trace = trace.tb_next
    return line
