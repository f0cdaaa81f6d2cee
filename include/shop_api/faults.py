"""Faults: the next calls that shall fail or be slow. Nothing fails unless it was asked to."""

from pydantic import BaseModel, ConfigDict, Field, field_validator

from include.shop_api.paths import HEALTH, PARTNER_PATHS, is_at_or_below


class Fault(BaseModel):
    """An order to fail or delay the next calls."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"example": {"next": 3, "status": 503, "path": "/orders"}},
    )

    next: int = Field(ge=1, le=1000, description="How many calls are still to be hit.")
    status: int | None = Field(
        default=503,
        ge=400,
        le=599,
        description="The HTTP status to answer with; `null` answers rightly, after the delay.",
    )
    path: str = Field(
        default="/",
        description=f"Calls to this path and below it are hit; `/` is every call but {HEALTH}.",
    )
    delay_seconds: float = Field(
        default=0, ge=0, le=60, description="How long a hit call waits before it is answered."
    )

    @field_validator("path")
    @classmethod
    def _is_a_partner_path(cls, path: str) -> str:
        if path != "/" and not any(is_at_or_below(path, known) for known in PARTNER_PATHS):
            raise ValueError(f"no call goes there; use / or one of {', '.join(PARTNER_PATHS)}")
        return path

    def hits(self, path: str) -> bool:
        """Tell whether a call to `path` is meant; the health check only if it is named."""
        if path == HEALTH:
            return self.path == HEALTH
        return is_at_or_below(path, self.path)


class Faults:
    """The faults still to come; of several that fit a call, the oldest hits it."""

    def __init__(self) -> None:
        self._faults: list[Fault] = []

    def add(self, fault: Fault) -> None:
        """Order a fault."""
        self._faults.append(fault)

    def active(self) -> list[Fault]:
        """Return the faults still to come, with how many calls each will still hit."""
        return list(self._faults)

    def clear(self) -> None:
        """Forget all faults."""
        self._faults = []

    def take(self, path: str) -> Fault | None:
        """Return the fault that hits a call to `path`, and count it as used once."""
        for index, fault in enumerate(self._faults):
            if fault.hits(path):
                left = fault.model_copy(update={"next": fault.next - 1})
                self._faults[index : index + 1] = [left] if left.next else []
                return fault
        return None
