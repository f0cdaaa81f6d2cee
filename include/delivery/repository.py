"""A project's git repository, and the environments that run it: branches, which Airflow reads.

An environment's branch is its history of deployments: each commit of it is one version of the
project with the environment's name written into it. A push with a lease moves the branch in one
step, and only if it still is where it was seen last.
"""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from git import Repo

MAIN = "main"
ENVIRONMENTS = ("staging", "production")
ENVIRONMENT_FILE = "dags/revenue/environment.py"
README = "Nothing is deployed here yet.\n"
NOT_OF_THE_PROJECT = shutil.ignore_patterns("__pycache__", ".*_cache", ".coverage")
WHO_AND_WHEN = {
    f"GIT_{role}_{fact}": value
    for role in ("AUTHOR", "COMMITTER")
    for fact, value in (
        ("NAME", "The pipeline"),
        ("EMAIL", "pipeline@shop.example"),
        # Always the same: the same files give the same commit, however often they are committed.
        ("DATE", "2026-01-01T00:00:00Z"),
    )
}


class DeliveryError(Exception):
    """The repository cannot do what was asked; the message says what and why."""


class Deployment(NamedTuple):
    """What a deployment has done: the branch of `environment` went from one commit to another."""

    environment: str
    former: str
    current: str


def create(repository: Path) -> None:
    """Make a repository whose environments are empty; one that is there already is left alone.

    It is made beside its place: one without branches is what a start left that was killed.
    """
    from git import Repo

    if (repository / "packed-refs").exists() or any(repository.glob("refs/heads/*")):
        return
    part = repository.with_name(f"{repository.name}.part")
    for left in (part, repository):
        if left.exists():
            shutil.rmtree(left)
    part.mkdir(parents=True)
    with tempfile.TemporaryDirectory() as folder, Repo.init(folder) as repo:
        (Path(folder) / "dags").mkdir()
        (Path(folder) / "dags" / "README.md").write_text(README)
        # Not in the name of whoever starts the lab, who need not have one.
        with repo.git.custom_environment(**WHO_AND_WHEN):
            first = _commit(repo, "Begin")
        Repo.init(part, bare=True, initial_branch=MAIN).close()
        refs = [f"{first}:refs/heads/{branch}" for branch in (MAIN, *ENVIRONMENTS)]
        repo.git.push(str(part), *refs)
    part.rename(repository)


def propose(repository: str, folder: Path, change: str, branch: str) -> str:
    """Put the project with a change on a branch of its own; return the commit.

    Args:
        repository: the address of the git repository.
        folder: where `demo_project` and `changes` are.
        change: the name of a patch in `changes`, or `none`.
        branch: which is made, or moved.

    Raises:
        DeliveryError: there is no such change, or it does not fit the project.
    """
    project, patch = folder / "demo_project", folder / "changes" / f"{change}.patch"
    if change != "none" and not patch.is_file():
        known = sorted(file.stem for file in patch.parent.glob("*.patch"))
        raise DeliveryError(f"change: {change!r} is none of none, {', '.join(known)}.")
    with _clone(repository, MAIN) as repo:
        repo.git.rm("-r", "--quiet", ".")
        shutil.copytree(project, _folder(repo), dirs_exist_ok=True, ignore=NOT_OF_THE_PROJECT)
        if change != "none":
            _git(repo, f"{patch.name} does not fit {project.name}", "apply", str(patch))
        commit = _commit(repo, f"Change: {change}", MAIN)
        repo.git.push("--force", "origin", f"{commit}:refs/heads/{branch}")
        return commit


@contextmanager
def checkout(repository: str, commit: str) -> Iterator[Path]:
    """Give the files of a commit in a folder of its own, as long as they are needed.

    Raises:
        DeliveryError: there is no such commit.
    """
    with _clone(repository, commit) as repo:
        yield _folder(repo)


def head(repository: str, environment: str) -> str:
    """The commit that an environment runs.

    Raises:
        DeliveryError: there is no such environment.
    """
    with _clone(repository, MAIN) as repo:
        return _head(repo, environment)


def deploy(repository: str, environment: str, commit: str) -> Deployment:
    """Let an environment run a commit; where it does so already, nothing moves.

    Raises:
        DeliveryError: there is no such environment or commit, or somebody else deployed meanwhile.
    """
    with _clone(repository, commit) as repo:
        former = _head(repo, environment)
        name = _folder(repo) / ENVIRONMENT_FILE
        name.write_text(f'"""Where this copy of the project runs."""\n\nNAME = "{environment}"\n')
        current = _commit(repo, f"Deploy {commit}", former)
        if repo.commit(current).tree == repo.commit(former).tree:
            return Deployment(environment, former, former)
        _move(repo, Deployment(environment, former, current))
        return Deployment(environment, former, current)


def roll_back(repository: str, done: Deployment) -> None:
    """Take a deployment back: the environment runs its former commit again.

    Raises:
        DeliveryError: the environment no longer runs what this deployment brought.
    """
    with _clone(repository, MAIN) as repo:
        _move(repo, Deployment(done.environment, done.current, done.former))


def _move(repo: "Repo", step: Deployment) -> None:
    """Move an environment's branch, but only from where it was seen."""
    branch = f"refs/heads/{step.environment}"
    _git(
        repo,
        f"{step.environment} no longer runs {step.former}: somebody deployed meanwhile",
        "push",
        f"--force-with-lease={branch}:{step.former}",
        "origin",
        f"{step.current}:{branch}",
    )


def _head(repo: "Repo", environment: str) -> str:
    if environment not in ENVIRONMENTS:
        raise DeliveryError(f"environment: {environment!r} is none of {', '.join(ENVIRONMENTS)}.")
    return str(repo.commit(f"origin/{environment}").hexsha)


def _commit(repo: "Repo", message: str, parent: str | None = None) -> str:
    """Commit all files of the folder, on top of a parent; no branch moves."""
    repo.git.add("--all")
    above = ["-p", parent] if parent else []
    commit: str = repo.git.commit_tree(repo.git.write_tree(), *above, "-m", message)
    return commit


@contextmanager
def _clone(repository: str, commit: str) -> Iterator["Repo"]:
    """A clone in a folder of its own, with the files of a commit in it."""
    from git import GitCommandError, Repo

    with tempfile.TemporaryDirectory(prefix="checkout-") as folder:
        try:
            repo = Repo.clone_from(repository, folder, no_checkout=True)
        except GitCommandError as error:
            why = f"repository: {repository!r} cannot be cloned: {error.stderr.strip()}"
            raise DeliveryError(why) from error
        with repo, repo.git.custom_environment(**WHO_AND_WHEN):
            _git(repo, f"commit: {commit!r} is not in the repository", "checkout", commit)
            yield repo


def _git(repo: "Repo", otherwise: str, *arguments: str) -> Any:
    """Run a git command whose failure has a meaning of its own."""
    from git import GitCommandError

    try:
        return repo.git.execute(["git", *arguments])
    except GitCommandError as error:
        raise DeliveryError(f"{otherwise} ({error.stderr.strip()})") from error


def _folder(repo: "Repo") -> Path:
    return Path(repo.working_dir)
