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
    retry_after: int | None = Field(
        default=None, ge=0, le=60, description="The seconds that `Retry-After` tells, if any."
    )
    expire_token: bool = Field(
        default=False,
        description="Whether a hit call's token expires as the call arrives.",
    )
    correlation_id: str | None = Field(
        default=None,
        min_length=1,
        max_length=300,
        description="Only calls with this `X-Correlation-Id` are hit; `null` hits every caller's.",
    )

    @field_validator("path")
    @classmethod
    def _is_a_partner_path(cls, path: str) -> str:
        if path != "/" and not any(is_at_or_below(path, known) for known in PARTNER_PATHS):
            raise ValueError(f"no call goes there; use / or one of {', '.join(PARTNER_PATHS)}")
        return path

    @property
    def changes_the_answer(self) -> bool:
        """Whether a hit call is answered otherwise, or later, than it would be without."""
        return self.status is not None or self.delay_seconds > 0 or self.expire_token

    def hits(self, path: str, correlation_id: str | None = None) -> bool:
        """Tell whether a call to `path` is meant; the health check only if it is named."""
        if self.correlation_id not in (None, correlation_id):
            return False
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

    def clear(self, correlation_id: str | None = None) -> None:
        """Forget all faults, or only those that were ordered for one correlation id."""
        self._faults = [
            fault for fault in self._faults if correlation_id not in (None, fault.correlation_id)
        ]

    def take(self, path: str, correlation_id: str | None = None) -> Fault | None:
        """Return the fault that hits a call to `path`, and count it as used once."""
        for index, fault in enumerate(self._faults):
            if fault.hits(path, correlation_id):
                left = fault.model_copy(update={"next": fault.next - 1})
                self._faults[index : index + 1] = [left] if left.next else []
                return fault
        return None
