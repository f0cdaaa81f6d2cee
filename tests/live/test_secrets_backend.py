"""Rotation on the live scheduler: workers ask the vault themselves, and their logs keep quiet."""

from collections.abc import Callable

import hvac

from include.lab.settings import Lab
from include.vault import credentials
from tests.live.rest import Rest

LESSON = "phase16_01_secrets_backend"


def test_workers_read_the_new_password_without_a_restart(
    lab: Lab, rest: Rest, untouched: Callable[[str], str]
) -> None:
    """Each task in a process of its own reads by the secret as it is then; no log shows one."""
    root = hvac.Client(lab.url("vault"), token=lab.secrets["vault_root_token"])
    run = untouched(LESSON)

    states = {ti["task_id"]: ti["state"] for ti in rest.tasks(LESSON, run)}
    assert states["rotation.read_before"] == states["rotation.read_after"] == "success"
    newest, _ = credentials.read(root, "shop_reader")
    known = [
        credentials.read(root, "shop_reader", version)[1]["password"]
        for version in range(max(1, newest - 8), newest + 1)
    ]
    logs = "".join(
        rest.log(LESSON, run, ti["task_id"], attempt, ti["map_index"])
        for ti in rest.tasks(LESSON, run)
        for attempt in range(1, ti["try_number"] + 1)
        if ti["start_date"]
    )
    assert "shop_reader" in logs
    assert not any(password in logs for password in known)
