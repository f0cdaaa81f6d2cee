"""Mistakes that people make in a Dag factory's file, each as a change of its text."""

from typing import NamedTuple


class Edit(NamedTuple):
    """The first `old` behind `after` becomes `new`."""

    after: str
    old: str
    new: str


EDITS = {
    "misspelt_key": Edit("__channels:", "description:", "descripton:"),
    "unknown_operator": Edit("__channels:", "SQLExecuteQueryOperator", "PostgresOperator"),
    "unknown_task": Edit("__channels:", "[make_table]", "[make_tabel]"),
    "wrong_type": Edit("__channels:", "max_active_runs: 1", "max_active_runs: one"),
}


def edit(text: str, name: str) -> str:
    """Return the text with the mistake of that name; as it is for a name that is none.

    Raises:
        ValueError: the text no longer holds what the mistake changes.
    """
    if name not in EDITS:
        return text
    change = EDITS[name]
    place = text.find(change.old, max(text.find(change.after), 0))
    if change.after not in text or place < 0:
        raise ValueError(f"{name}: {change.old!r} does not stand behind {change.after!r}.")
    return text[:place] + change.new + text[place + len(change.old) :]
