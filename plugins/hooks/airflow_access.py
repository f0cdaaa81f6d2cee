"""Airflow's REST API, for questions of access: who may call what, and which roles there are."""

from collections.abc import Iterable
from typing import Any

from include.access.roles import Change, Permission, changes
from include.access.table import Call, is_allowed
from plugins.hooks.airflow_api import AirflowApiHook

ROLES = "/auth/fab/v1/roles"
"""Where the FAB auth manager has its own API."""


class AirflowAccessHook(AirflowApiHook):
    """Asks and changes, with the rights of its connection's login."""

    @property
    def login(self) -> str:
        """Who asks."""
        return str(self.get_connection(self.airflow_api_conn_id).login)

    def may(self, call: Call) -> bool:
        """Make a call, and return whether Airflow lets this login.

        Raises:
            httpx.HTTPError: Airflow does not answer, or refuses the login itself.
            ValueError: Airflow failed.
        """
        client = self.get_conn()
        path = client.base_url.join(call.path)
        return is_allowed(client.request(call.method, path, json=call.body).status_code)

    def roles(self) -> dict[str, list[Permission]]:
        """Return every role with its permissions.

        Raises:
            httpx.HTTPStatusError: this login may not read roles.
        """
        found: dict[str, list[Permission]] = {}
        client = self.get_conn()
        while True:
            place = client.base_url.join(f"{ROLES}?limit=100&offset={len(found)}")
            answer = client.get(place).raise_for_status().json()
            for role in answer["roles"]:
                pairs = (
                    (one["action"]["name"], one["resource"]["name"]) for one in role["actions"]
                )
                found[role["name"]] = list(pairs)
            if not answer["roles"] or len(found) >= answer["total_entries"]:
                return found

    def write_role(self, name: str, permissions: Iterable[Permission], new: bool = False) -> None:
        """Let a role have exactly these permissions; make it if it is `new`.

        Raises:
            httpx.HTTPStatusError: this login may not change roles, or a resource is unknown.
        """
        pairs = [{"action": {"name": a}, "resource": {"name": r}} for a, r in permissions]
        client, body = self.get_conn(), {"name": name, "actions": pairs}
        place = client.base_url.join(ROLES if new else f"{ROLES}/{name}")
        client.request("POST" if new else "PATCH", place, json=body).raise_for_status()

    def apply(self, wanted: dict[str, list[Permission]]) -> list[Change]:
        """Make the roles what is wanted, where they are not; return what was changed.

        Raises:
            httpx.HTTPStatusError: this login may not change roles, or a resource is unknown.
        """
        done = changes(wanted, self.roles())
        for change in done:
            self.write_role(change.role, wanted[change.role], new=change.made)
        return done


def wanted_roles() -> dict[str, list[Permission]]:
    """Return the permissions of each role, as `configs/roles.toml` has them.

    Raises:
        ConfigurationError: the file is wrong; each mistake is named with its line.
    """
    from include.configuration import metadata

    facts: dict[str, Any] = metadata.roles()
    return {name: list(role.permissions) for name, role in facts.items()}
