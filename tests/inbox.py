"""What the lab's inbox has received, read as a person would: by kind, newest first."""

from typing import Any

import httpx

from include.lab.settings import Lab


class Inbox:
    """The inbox of a running lab."""

    def __init__(self, lab: Lab) -> None:
        """Find it."""
        self.client = httpx.Client(base_url=lab.url("inbox"), timeout=30, trust_env=False)

    def clear(self) -> None:
        """Forget every message."""
        self.client.delete("/messages").raise_for_status()

    def newest(self, kind: str) -> list[dict[str, Any]]:
        """The messages of a kind, newest first."""
        answer = self.client.get("/messages", params={"kind": kind, "limit": 1000})
        answer.raise_for_status()
        found: list[dict[str, Any]] = answer.json()
        return found

    def count(self) -> dict[str, int]:
        """How many messages of each kind there are."""
        return {kind: len(self.newest(kind)) for kind in ("slack", "pager", "mail")}

    def answer(self, routing_key: str, dedup_key: str, action: str = "acknowledge") -> None:
        """Press a page's button."""
        form = {"routing_key": routing_key, "dedup_key": dedup_key, "event_action": action}
        assert self.client.post("/answer", data=form).status_code == 303
