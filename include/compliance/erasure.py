"""Erasing a person everywhere (GDPR, article 17), and proving it by looking again."""

import hashlib
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Protocol

from include.compliance.chain import Entry
from include.compliance.members import Member


class Store(Protocol):
    """A place where data about people lies."""

    def sign_up(self, members: Iterable[Member]) -> None:
        """Keep these members; again, the same is kept."""

    def find(self, member: Member) -> list[str]:
        """Search the whole store; return each place in it that names the person."""

    def erase(self, member: Member) -> None:
        """Remove the person from the places that this store is known to have; no one else."""


class NotErasedError(Exception):
    """Somebody is still there; the message names the places."""


def entry(member: Member, run_id: str) -> Entry:
    """Return what is recorded of an erasure: that it was done, and a hash in place of the person.

    Who asks whether he was erased gives id and address, of which the hash is made again.
    """
    person = hashlib.sha256(f"{member.member_id} {member.email}".encode()).hexdigest()
    at = datetime.now(UTC).isoformat()
    return Entry(at, "phase16_03_audit_compliance", "erase_person", person, run_id)


def require_gone(found: Mapping[str, list[str]]) -> None:
    """Do nothing if no store has found the person.

    Raises:
        NotErasedError: one has; each place is told.
    """
    left = [f"{store}: {place}" for store, places in found.items() for place in places]
    if left:
        raise NotErasedError(f"The member is still in {'; '.join(left)}.")
