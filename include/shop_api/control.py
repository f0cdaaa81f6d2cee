"""The routes that steer the API: faults, settings, and the record of what it received."""

from typing import Annotated

from fastapi import APIRouter, Query

from include.shop_api.faults import Fault
from include.shop_api.received import Call
from include.shop_api.state import Settings, State

OfOne = Annotated[
    str | None, Query(description="Only what bears this `X-Correlation-Id`; all if left out.")
]


def control_routes(state: State) -> APIRouter:
    """Return the control routes; they need no token and are never faulted, limited or recorded."""
    routes = APIRouter(tags=["Control (no token)"])

    @routes.post("/faults", status_code=201, summary="Make the next calls fail")
    async def add_fault(fault: Fault) -> Fault:
        """The next calls that fit fail with the status, or are only delayed if it is `null`."""
        state.faults.add(fault)
        return fault

    @routes.get("/faults", summary="List the faults still to come")
    async def list_faults() -> list[Fault]:
        return state.faults.active()

    @routes.delete("/faults", status_code=204, summary="Forget all faults")
    async def clear_faults(correlation_id: OfOne = None) -> None:
        state.faults.clear(correlation_id)

    @routes.get("/received", summary="List the received calls")
    async def list_received(
        path: Annotated[str, Query(description="Only calls to this path and below it.")] = "/",
        correlation_id: OfOne = None,
    ) -> list[Call]:
        """Every call to the partner API except health checks, oldest first, failed ones too."""
        return state.received.calls(path, correlation_id)

    @routes.delete("/received", status_code=204, summary="Forget the received calls")
    async def clear_received(correlation_id: OfOne = None) -> None:
        state.received.clear(correlation_id)

    @routes.get("/settings", summary="Read the settings")
    async def read_settings() -> Settings:
        return state.settings

    @routes.post("/settings", summary="Change settings")
    async def change_settings(change: Settings) -> Settings:
        """What is left out stays as it is. Tokens that were issued already keep their time."""
        given = change.model_dump(exclude_unset=True)
        state.change_settings(state.settings.model_copy(update=given))
        return state.settings

    @routes.delete("/settings", status_code=204, summary="Return to the default settings")
    async def reset_settings() -> None:
        state.change_settings(Settings())

    return routes
