"""What the running API holds in memory: its settings, tokens, faults and received calls."""

from pydantic import BaseModel, ConfigDict, Field

from include.shop_api.clock import Clock
from include.shop_api.faults import Faults
from include.shop_api.rate_limit import RateLimit
from include.shop_api.received import Received
from include.shop_api.tokens import Tokens


class Settings(BaseModel):
    """What can be set while the API runs."""

    model_config = ConfigDict(extra="forbid")

    token_seconds: float = Field(
        default=300, gt=0, le=86400, description="How long the tokens issued from now on are good."
    )
    burst: int = Field(
        default=60, ge=1, le=1_000_000, description="How many calls a client may send at once."
    )
    per_second: float = Field(
        default=30,
        ge=0.001,
        le=1_000_000,
        description="How many calls a client may send for ever, each second.",
    )


class State:
    """All that changes while the API runs; nothing of it survives a restart."""

    def __init__(self, client_id: str, client_secret: str, clock: Clock) -> None:
        self.clock = clock
        self.tokens = Tokens(client_id, client_secret, clock)
        self.faults = Faults()
        self.received = Received()
        self.change_settings(Settings())

    def change_settings(self, settings: Settings) -> None:
        """Take over settings; every client's bucket is full again."""
        self.settings = settings
        self.rate_limit = RateLimit(settings.burst, settings.per_second, self.clock)
