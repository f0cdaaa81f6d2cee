"""An alert, and by what it is known again."""

from dataclasses import dataclass
from typing import Literal, get_args

Severity = Literal["P1", "P2", "P3", "P4"]
"""How bad it is: P1 wakes somebody, P2 is for today, P3 for the team to know, P4 for the log."""

SEVERITIES: tuple[Severity, ...] = get_args(Severity)


def severity(text: str) -> Severity:
    """Return the severity that `text` names.

    Raises:
        ValueError: it names none.
    """
    for known in SEVERITIES:
        if text == known:
            return known
    raise ValueError(f"severity {text!r} is unknown; write one of {', '.join(SEVERITIES)}")


@dataclass(frozen=True)
class Alert:
    """Something that a team has to hear of.

    `task_id` is empty where the alert is about a whole run. `title` is one line, `detail` what is
    known beyond it, `link` where to look.
    """

    severity: Severity
    team: str
    dag_id: str
    task_id: str
    run_id: str
    title: str
    detail: str = ""
    link: str = ""

    @property
    def dedup_key(self) -> str:
        """The same for the same trouble, whichever run it is found in."""
        return "/".join(part for part in (self.dag_id, self.task_id, self.severity) if part)
