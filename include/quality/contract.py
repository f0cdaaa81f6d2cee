"""A contract about data: who publishes what to whom, and which changes of a schema it allows."""

from datetime import timedelta
from pathlib import Path
from typing import Any

from pydantic import Field

from include.configuration.reader import Facts, read_yaml
from include.quality import compatibility, schemas
from include.quality.compatibility import Mode

FOLDER = Path(__file__).resolve().parents[2] / "configs" / "contracts"


class ContractBrokenError(Exception):
    """What somebody wants to publish is not what was promised."""


class Contract(Facts):
    """The promise of one team about one Asset, as `configs/contracts` has it."""

    asset: str
    owner: str
    consumers: tuple[str, ...] = Field(min_length=1)
    schema_name: str = Field(alias="schema")
    mode: Mode
    deadline_minutes: int | None = Field(None, ge=1, description="How old the data may be")

    def late_by(self, age: timedelta) -> timedelta:
        """How much older the data is than was promised; nothing if it is not, or was not."""
        if self.deadline_minutes is None:
            return timedelta()
        return max(age - timedelta(minutes=self.deadline_minutes), timedelta())

    def require_kept(self, change: dict[str, Any]) -> None:
        """Do nothing if the promised schema, changed by a JSON Merge Patch (RFC 7396), is allowed.

        Raises:
            ContractBrokenError: it breaks consumers; each rule is named, and who has to agree.
            ConfigurationError: the changed schema is no schema.
        """
        versions = schemas.load(self.schema_name)
        promised = versions[max(versions)]
        offered = schemas.merge_patch(promised, change)
        schemas.require_understood(offered, f"{self.schema_name}, as changed")
        if broken := compatibility.check(offered, promised, self.mode):
            raise ContractBrokenError(
                f"The contract about {self.asset} does not allow this: "
                f"{'; '.join(map(str, broken))}. Ask {', '.join(self.consumers)}, who read it, "
                "or publish it under another name."
            )


def load(name: str, folder: Path = FOLDER) -> Contract:
    """Read a contract.

    Raises:
        ConfigurationError: the file is missing or wrong; each mistake is named with its line.
    """
    return read_yaml(folder / f"{name}.yaml", Contract)
