"""Members of the shop's club: invented people, with whom a lesson may show how one is forgotten."""

import re
from collections.abc import Iterable
from typing import NamedTuple


class Member(NamedTuple):
    """Somebody who signed up; `member_id` occurs nowhere else in the shop's data."""

    member_id: int
    name: str
    email: str
    spent: int
    """In euros, over the last year."""

    def is_in(self, text: str | bytes) -> bool:
        """Tell whether something names this person, by id or by mail address."""
        said = text.decode(errors="replace") if isinstance(text, bytes) else text
        return re.search(self.pattern, said, re.IGNORECASE) is not None

    def hidden_in(self, text: str) -> str:
        """Return the text without the person's id and mail address, for a log or an XCom."""
        return re.sub(f"{self.member_id}|{re.escape(self.email)}", "…", text, flags=re.IGNORECASE)

    @property
    def pattern(self) -> str:
        """A regular expression, for Python and for PostgreSQL, of whatever names this person."""
        return rf"(^|\D){self.member_id}(\D|$)|{re.escape(self.email)}"


MEMBERS = (
    Member(990000001, "Mara Lindqvist", "mara.lindqvist@members.example", 310),
    Member(990000002, "Tomas Brandt", "tomas.brandt@members.example", 95),
    Member(990000003, "Inês Caldeira", "ines.caldeira@members.example", 720),
)

FIELDS = Member._fields


def as_csv(members: Iterable[Member]) -> str:
    """Members as CSV, with a header."""
    return "".join(f"{','.join(map(str, row))}\n" for row in (FIELDS, *members))


def without(text: str, member: Member) -> str:
    """Return the text without the lines that name the person."""
    return "".join(line for line in text.splitlines(keepends=True) if not member.is_in(line))
