"""What a person sees in MLflow after a lesson: the model, whence it comes, and how good it is."""

from typing import Any

import pytest
from mlflow import MlflowClient

from include.lab.settings import Lab
from tests.face.conftest import SCREENSHOTS

LESSON, MODEL = "phase6_01_mlflow_integration", "phase6_01_churn"


def _open(page: Any, address: str, text: str) -> None:
    """Open a page, wait for the text, and close what MLflow wants to tell first.

    It asks its server for news all the time, so there is no quiet moment to wait for.
    """
    page.goto(address)
    page.get_by_text(text).first.wait_for()
    if (told := page.get_by_role("button", name="Got it")).count():
        told.first.click()


@pytest.mark.usefixtures("rounds")
def test_model_leads_back_to_airflow_and_shows_how_good_it_is(lab: Lab, page: Any) -> None:
    """The version has its alias and a link to the task that made it; its run has the picture."""
    mlflow = lab.url("mlflow")
    version = MlflowClient(mlflow, mlflow).get_model_version_by_alias(MODEL, "current")
    experiment = MlflowClient(mlflow, mlflow).get_run(version.run_id).info.experiment_id

    _open(page, f"{mlflow}/#/models/{MODEL}/versions/{version.version}", "Made by")

    page.screenshot(path=SCREENSHOTS / "mlflow_version.png")
    assert page.get_by_text("current").first.is_visible()
    link = page.get_by_role("link", name="register, try 1").get_attribute("href")
    assert link.startswith(f"{lab.address}/dags/{LESSON}/runs/")

    run = f"{mlflow}/#/experiments/{experiment}/runs/{version.run_id}"
    _open(page, f"{run}/artifacts/quality.png", "quality.png")

    picture = page.locator("img[src^='blob:'], img[src*='quality.png']").first
    picture.wait_for()
    page.wait_for_timeout(1000)
    page.screenshot(path=SCREENSHOTS / "mlflow_picture.png")
    assert picture.bounding_box()["width"] > 300
