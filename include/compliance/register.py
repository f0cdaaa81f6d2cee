"""The register of personal data: `configs/personal_data.toml`, typed."""

from pathlib import Path

from pydantic import Field

from include.configuration.reader import Facts, read_toml

FILE = Path(__file__).resolve().parents[2] / "configs" / "personal_data.toml"


class Holding(Facts):
    """What one store holds about people, where that comes from, why, and how one leaves it."""

    holds: str
    source: str = Field(alias="from")
    why: str
    erased_by: str


class _Register(Facts):
    store: dict[str, Holding] = Field(min_length=1)


def load(file: Path = FILE) -> dict[str, Holding]:
    """Return what each store holds, by the store's name.

    Raises:
        ConfigurationError: the file is wrong; line and key are told.
    """
    return read_toml(file, _Register).store
