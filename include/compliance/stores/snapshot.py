"""What models were trained on: every snapshot that a training run has kept is searched."""

from collections.abc import Iterable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from include.compliance.members import Member, as_csv, without
from include.ml import tracking

if TYPE_CHECKING:
    from mlflow import MlflowClient

EXPERIMENT, FILE = "phase16_03_members", "training.csv"
RETRAIN = "training.retrain_because"
"""The tag that says that a model has learned from somebody who is gone."""


class Snapshot:
    """The training data beside a model in MLflow."""

    def __init__(self, client: "MlflowClient") -> None:
        """Work with this client."""
        self.client = client

    def sign_up(self, members: Iterable[Member]) -> None:
        """Let the training run of the club's model hold these members."""
        run_id = tracking.open_run(self.client, EXPERIMENT, "club", "club", {})
        self.client.log_text(run_id, as_csv(members), FILE)

    def find(self, member: Member) -> list[str]:
        """Return each snapshot, of any experiment, that names the person."""
        return [f"{run_id}/{FILE}" for run_id, text in self._snapshots() if member.is_in(text)]

    def erase(self, member: Member) -> None:
        """Keep each snapshot without the person, and say that its model has to be trained anew."""
        for run_id, text in self._snapshots():
            if member.is_in(text):
                self.client.log_text(run_id, without(text, member), FILE)
                self.client.set_tag(run_id, RETRAIN, "a person was erased from its data")

    def _snapshots(self) -> Iterator[tuple[str, str]]:
        """The training data of every run that has kept any, by the run's id."""
        where = [one.experiment_id for one in self.client.search_experiments()]
        for run in self.client.search_runs(where, max_results=1000):
            names = [one.path for one in self.client.list_artifacts(run.info.run_id)]
            if FILE in names:
                with TemporaryDirectory() as folder:
                    file = self.client.download_artifacts(run.info.run_id, FILE, folder)
                    yield run.info.run_id, Path(file).read_text()
