"""`phase18_03_auto_retraining`: what is better takes over step by step, what harms goes back."""

from typing import Any

import boto3
import httpx
from mlflow import MlflowClient

from include.configuration.metadata import connections
from include.lab.settings import Lab
from include.serving.retraining import MODEL, live
from include.serving.rollout import arm_of
from tests.lessons import Result, Run, query

LESSON = "phase18_03_auto_retraining"
FEEDBACK = "SELECT * FROM marts.model_feedback ORDER BY request_id"


def aliases(client: MlflowClient) -> dict[str, str]:
    return dict(client.get_registered_model(MODEL).aliases)


def answer(lab: Lab) -> dict[str, Any]:
    """What the model server says to anybody who asks over HTTP."""
    one = live(lasting=True)[0]
    body = {"instances": [{"id": one.request_id, "features": one.features}]}
    place = f"{lab.url('model_server')}/models/{MODEL}"
    said = httpx.post(f"{place}/predict", json=body, trust_env=False).raise_for_status().json()
    route = httpx.get(f"{place}/route", trust_env=False).json()
    return {**said["predictions"][0], "percent": route["challenger_percent"]}


def test_a_better_model_takes_over(run: Run, client: MlflowClient, lab: Lab) -> None:
    """Through shadow and every step, over HTTP, with the way back kept."""
    result = run(LESSON)

    assert result.state == "success"
    assert result.returned("watch.is_drift") == ["days_since_last_order"]
    judged = result.returned("validate")
    assert judged["challenger"] > judged["champion"] + 0.1
    assert result.returned("stage")["answers"] == 500
    steps = result.returned("canary")
    assert [step[0] for step in steps] == [10, 25, 50]
    concluded = result.returned("conclude")
    assert concluded["promoted"] is True
    assert aliases(client) == {"champion": "2", "former": "1"}
    assert concluded["champion"] == 2
    said = answer(lab)
    assert (said["arm"], said["version"], said["percent"]) == ("champion", 2, 0)
    rows = query(FEEDBACK)
    truth = {one.request_id: one.label for one in live(lasting=True)}
    assert {row[0]: row[5] for row in rows} == truth
    for arm, right in concluded["right"].items():
        mine = [(score >= 0.5) == label for _, _, a, _, score, label in rows if a == arm]
        assert right == sum(mine) / len(mine)
    assert {row[3] for row in rows if row[2] == "challenger"} == {2}
    assert all(arm_of(MODEL, row[0], 50) == row[2] for row in rows[2000:])
    require_on_sagemaker(result)


def test_a_canary_that_harms_is_rolled_back(run: Run, client: MlflowClient, lab: Lab) -> None:
    """It stops at the step that shows harm, and the first champion answers everybody."""
    result = run(LESSON, conf={"lasting": False})

    assert result.state == "success"
    steps = result.returned("canary")
    assert [step[-1] for step in steps] == [True]
    concluded = result.returned("conclude")
    assert concluded["promoted"] is False
    assert concluded["right"]["challenger"] < concluded["right"]["champion"]
    assert aliases(client) == {"champion": "1"}
    said = answer(lab)
    assert (said["arm"], said["version"], said["percent"]) == ("champion", 1, 0)


def test_without_drift_nothing_is_trained(bag: Any) -> None:
    """Nothing has moved, so all that follows is skipped: the training comes first."""
    tasks = bag.dags[LESSON].task_dict

    assert tasks["watch.is_drift"].python_callable({"drift": False}) == []
    assert tasks["watch.is_drift"].ignore_downstream_trigger_rules
    assert tasks["watch.is_drift"].downstream_task_ids == {"train_challenger"}
    assert {"validate", "stage", "canary", "conclude"} <= {
        task.task_id for task in tasks["train_challenger"].get_flat_relatives(upstream=False)
    }


def require_on_sagemaker(result: Result) -> None:
    """SageMaker has the endpoint with version 2 and its files; the others are skipped."""
    assert result.returned("deploy_elsewhere", 0) == "InService"
    assert result.states["deploy_elsewhere[1]"] == result.states["deploy_elsewhere[2]"] == "skipped"
    facts = connections()["object_store"]
    keys = {"aws_access_key_id": facts["login"], "aws_secret_access_key": facts["password"]}
    sagemaker = boto3.client("sagemaker", **keys, **facts["extra"])
    name = MODEL.replace("_", "-")
    config = sagemaker.describe_endpoint(EndpointName=name)["EndpointConfigName"]
    (variant,) = sagemaker.describe_endpoint_config(EndpointConfigName=config)["ProductionVariants"]
    assert variant["ModelName"] == f"{name}-v2"
    model = sagemaker.describe_model(ModelName=variant["ModelName"])
    place = model["PrimaryContainer"]["ModelDataSource"]["S3DataSource"]["S3Uri"]
    bucket, _, prefix = place.removeprefix("s3://").partition("/")
    stored = boto3.client("s3", **keys, **facts["extra"])
    files = stored.list_objects_v2(Bucket=bucket, Prefix=prefix)["Contents"]
    assert any(file["Key"].endswith("MLmodel") for file in files)
