"""A project's repository: what is proposed, what an environment runs, and how it goes back."""

import os
from pathlib import Path

import pytest
from git import Repo

from include.delivery import repository
from include.delivery.repository import DeliveryError, Deployment
from tests.include.delivery.conftest import PHASE


def propose(address: str, change: str = "none") -> str:
    """The commit of the project with a change."""
    return repository.propose(address, PHASE, change, "proposed")


def text(address: str, commit: str, file: str) -> str:
    """A file as it stands in a commit."""
    with repository.checkout(address, commit) as folder:
        return (folder / file).read_text()


@pytest.mark.faults
@pytest.mark.parametrize("left", ["new.git", "new.git.part"])
def test_a_repository_that_was_half_made_is_made_anew(tmp_path: Path, left: str) -> None:
    """A start that was killed before the first push left one without a branch."""
    Repo.init(tmp_path / left, bare=True).close()

    for _ in range(2):
        repository.create(tmp_path / "new.git")

    assert repository.head(str(tmp_path / "new.git"), "staging")
    assert [path.name for path in tmp_path.iterdir()] == ["new.git"]


def test_a_new_repository_deploys_nothing(address: str) -> None:
    """Each environment is there, and has a folder without a Dag."""
    for environment in repository.ENVIRONMENTS:
        with repository.checkout(address, repository.head(address, environment)) as folder:
            assert [file.name for file in (folder / "dags").iterdir()] == ["README.md"]


def test_creating_it_again_keeps_what_is_there(address: str) -> None:
    """Every start of the lab asks for it."""
    done = repository.deploy(address, "staging", propose(address))

    repository.create(Path(address))

    assert repository.head(address, "staging") == done.current


def test_creating_it_asks_nobody_for_a_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who starts the lab need not have told git who they are."""
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", os.devnull)
    monkeypatch.setenv("GIT_CONFIG_COUNT", "1")
    monkeypatch.setenv("GIT_CONFIG_KEY_0", "user.useConfigOnly")
    monkeypatch.setenv("GIT_CONFIG_VALUE_0", "true")

    repository.create(tmp_path / "new.git")

    assert repository.head(str(tmp_path / "new.git"), "staging")


def test_the_same_files_are_the_same_commit(address: str) -> None:
    """So a second run proposes nothing new; another change is another commit."""
    assert propose(address) == propose(address)
    assert propose(address) != propose(address, "group_by_channel")


def test_a_change_is_in_its_commit(address: str) -> None:
    """And what was built beside the files is not."""
    commit = propose(address, "group_by_channel")

    assert 'GROUP = "channel"' in text(address, commit, "dags/revenue_report.py")
    with repository.checkout(address, commit) as folder:
        assert not [*folder.rglob("__pycache__")]


def test_a_deployment_tells_the_project_where_it_runs(address: str) -> None:
    """The environment's branch has the commit's files and the environment's name."""
    done = repository.deploy(address, "production", propose(address))

    assert repository.head(address, "production") == done.current != done.former
    file = repository.ENVIRONMENT_FILE
    assert 'NAME = "production"' in text(address, done.current, file)


def test_deploying_what_runs_already_moves_nothing(address: str) -> None:
    """Neither does deploying it a third time."""
    commit = propose(address)
    first = repository.deploy(address, "staging", commit)

    again = repository.deploy(address, "staging", commit)

    assert again == Deployment("staging", first.current, first.current)


def test_rolling_back_leads_to_the_former_commit(address: str) -> None:
    """And only that environment moves."""
    first = repository.deploy(address, "staging", propose(address))
    production = repository.head(address, "production")
    second = repository.deploy(address, "staging", propose(address, "wrong_column"))
    assert second.former == first.current

    repository.roll_back(address, second)

    assert repository.head(address, "staging") == first.current
    assert repository.head(address, "production") == production


def test_what_somebody_deployed_meanwhile_is_not_taken_back(address: str) -> None:
    """The branch is where nobody expected it: it stays there, and the message names it."""
    mine = repository.deploy(address, "staging", propose(address))
    theirs = repository.deploy(address, "staging", propose(address, "group_by_channel"))

    with pytest.raises(DeliveryError, match=f"staging no longer runs {mine.current}"):
        repository.roll_back(address, mine)

    assert repository.head(address, "staging") == theirs.current


@pytest.mark.parametrize(
    ("environment", "commit", "said"),
    [
        ("test", "main", "environment: 'test' is none of staging, production"),
        ("staging", "0" * 40, "commit: '0000.*' is not in the repository"),
    ],
)
def test_what_is_not_there_is_named(address: str, environment: str, commit: str, said: str) -> None:
    """And nothing moves."""
    before = repository.head(address, "staging")

    with pytest.raises(DeliveryError, match=said):
        repository.deploy(address, environment, commit)

    assert repository.head(address, "staging") == before


def test_an_unknown_change_is_named(address: str) -> None:
    """With those that there are."""
    with pytest.raises(DeliveryError, match="change: 'tidy' is none of none, cycle, group_by"):
        propose(address, "tidy")


def test_a_change_that_does_not_fit_is_named(address: str, tmp_path: Path) -> None:
    """The project has moved on since the patch was made."""
    (tmp_path / "demo_project").mkdir()
    (tmp_path / "changes").mkdir()
    patch = (PHASE / "changes" / "cycle.patch").read_text()
    (tmp_path / "changes" / "cycle.patch").write_text(patch)

    with pytest.raises(DeliveryError, match=r"cycle.patch does not fit demo_project"):
        repository.propose(address, tmp_path, "cycle", "proposed")


def test_a_missing_repository_is_named(tmp_path: Path) -> None:
    """By its address."""
    with pytest.raises(DeliveryError, match=r"repository: '.*nowhere' cannot be cloned"):
        repository.head(str(tmp_path / "nowhere"), "staging")
