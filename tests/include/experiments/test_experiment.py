"""An experiment is a file that is wholly right, or each mistake in it is named."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from include.configuration.reader import ConfigurationError
from include.experiments.experiment import FOLDER, load

GOOD = (FOLDER / "one_page_checkout.yaml").read_text()


@pytest.mark.parametrize("file", sorted(FOLDER.glob("*.yaml")), ids=lambda file: file.stem)
def test_every_experiment_can_be_read(file: Path) -> None:
    """And bears the name of its file."""
    experiment = load(file.stem)

    assert experiment.name == file.stem
    assert [experiment.control, experiment.treatment] == list(experiment.variants)


def test_the_looks_are_spread_over_the_time() -> None:
    """Four looks in 28 days: one each week, the last at the end."""
    days = [(2026, 3, 9), (2026, 3, 16), (2026, 3, 23), (2026, 3, 30)]

    assert load("one_page_checkout").ends_of_looks() == [datetime(*day, tzinfo=UTC) for day in days]


@pytest.mark.parametrize(
    ("written", "instead", "said"),
    [
        ("one_page: 50", "one_page: 40", "share 90 percent"),
        ("one_page: 50 }", "one_page: 25, popup: 25 }", "variants"),
        ("alpha: 0.05", "alpha: 5", "alpha"),
        ("looks: 4", "looks: 0", "looks"),
        ("baseline: 0.30", "baseline: 0.97", "reach 1"),
        ("obrien_fleming", "as_i_like", "spending"),
        ("one_page: 0.36", "two_pages: 0.36", "exactly three_pages, one_page"),
        ("power: 0.8", "powers: 0.8", "write `power`"),
    ],
)
def test_a_mistake_is_named(tmp_path: Path, written: str, instead: str, said: str) -> None:
    """With the file, before any visitor is split."""
    assert written in GOOD
    (tmp_path / "proof.yaml").write_text(GOOD.replace(written, instead))

    with pytest.raises(ConfigurationError, match=said):
        load("proof", tmp_path)
