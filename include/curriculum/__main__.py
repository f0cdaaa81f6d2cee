"""`python -m include.curriculum sync` writes what is copied from the syllabus; `check` compares."""

import argparse
import sys
from pathlib import Path

from include.configuration.reader import ConfigurationError
from include.curriculum import pages
from include.curriculum.lesson_file import PageError
from include.curriculum.syllabus import ROOT, load


def main(arguments: list[str] | None = None, root: Path = ROOT) -> int:
    """Run one command on the checkout at `root`; return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m include.curriculum", description=__doc__)
    parser.add_argument("command", choices=["sync", "check"])
    command = parser.parse_args(arguments).command
    try:
        syllabus = load(root / "configs" / "curriculum.toml")
        if command == "sync":
            written = pages.sync(syllabus, root)
            sys.stdout.write("".join(f"wrote {path}\n" for path in written) or "nothing to write\n")
            return 0
        stale = pages.differing(syllabus, root)
    except (ConfigurationError, PageError) as error:
        sys.stderr.write(f"{error}\n")
        return 1
    if stale:
        lines = [f"{path}: differs from configs/curriculum.toml\n" for path in stale]
        sys.stderr.write("".join(lines) + "To mend it: make sync\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
