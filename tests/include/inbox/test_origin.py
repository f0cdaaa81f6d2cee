"""Which lesson a message comes from, by what it links or says."""

import json

import pytest

from include.alerting import wording
from include.alerting.alert import Alert
from include.inbox.origin import in_order, lesson_of

LESSON = "phase10_03_data_profiling"
PAGE = "http://localhost:8082/lake/phase10/03_data_profiling/report.html"


@pytest.mark.parametrize(
    ("text", "lesson"),
    [
        ("<http://localhost:8080/dags/phase5_04_callbacks/runs/r1|r1>", "phase5_04_callbacks"),
        ("A run of phase5_04_callbacks is late.", "phase5_04_callbacks"),
        (
            "phase6_01_churn: http://x/dags/phase6_01_mlflow_integration",
            "phase6_01_mlflow_integration",
        ),
        ("http://x/dags/phase13_02_trigger_dag_run__child/runs/1", "phase13_02_trigger_dag_run"),
        ("http://x/dags/my_own-dag.v2?tab=graph", "my_own-dag.v2"),
        ("Nothing that is known", None),
    ],
)
def test_what_is_linked_counts_before_what_is_said(text: str, lesson: str | None):
    """A helper Dag belongs to its lesson; a Dag of the learner's own is found by its link."""
    assert lesson_of(text) == lesson


@pytest.mark.parametrize("link", [PAGE, "", f"http://localhost:8080/dags/{LESSON}/runs/r1"])
def test_an_alert_names_its_lesson_in_every_channel(link: str):
    """Whether it links the run, a page, or nothing."""
    alert = Alert("P2", "sales", LESSON, "tell_team", "r1", "Drift", "See the report.", link)

    for content in (
        wording.page(alert, "sales-on-call", "key"),
        {"blocks": wording.blocks(alert)},
        dict(zip(("subject", "text", "html"), wording.mail(alert), strict=True)),
    ):
        assert lesson_of(json.dumps(content)) == LESSON


def test_lessons_stand_in_the_order_of_the_course():
    """By phase and number, not by letters; what is no lesson comes first."""
    found = ["phase10_01_b", "phase2_02_a", "phase2_01_z", "shop"]

    assert in_order(found) == ["shop", "phase2_01_z", "phase2_02_a", "phase10_01_b"]
